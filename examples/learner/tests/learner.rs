//! Burn's `Learner` keeps the plan's multipliers, from the start and from a checkpoint.
#![recursion_limit = "256"]

use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use burn::train::TrainStep;
use learner::{BATCH, Batch, Mlp, initialized, optimizer, plan, points, train};

const WIDTH: usize = 32;
const EPOCHS: usize = 2;

fn schedule() -> ModuleLrScheduler {
    LinearLrSchedulerConfig::new(0.1, 0.01, 8 * EPOCHS).init().unwrap()
}

fn values(model: &Mlp) -> Vec<f32> {
    struct Reader(Vec<f32>);
    impl ModuleVisitor for Reader {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().try_into_vec::<f32>().unwrap());
        }
    }
    let mut reader = Reader(Vec::new());
    model.visit(&mut reader);
    reader.0
}

/// A hand-written loop: a plain rate, no Learner.
fn by_hand(mut model: Mlp, device: &Device) -> Mlp {
    let mut optimizer = optimizer(&plan(WIDTH, device), &model).unwrap();
    let mut schedule = schedule();
    for _ in 0..EPOCHS {
        for points in points(8 * BATCH).chunks(BATCH) {
            let rate = schedule.step().base();
            let gradients = model.step(Batch::new(points, device)).grads;
            model = model.optimize(&mut optimizer, rate.into(), gradients);
        }
    }
    model
}

#[test]
fn the_learner_takes_the_steps_of_a_hand_written_loop_and_resumes_in_a_fresh_model() {
    let device = Device::flex().autodiff();
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(WIDTH, &device);
    let start = initialized(&plan, WIDTH, 1, &device);
    let before = values(&start);
    let wanted = values(&by_hand(start.clone(), &device));
    assert_ne!(wanted, before);

    let optim = optimizer(&plan, &start).unwrap();
    let trained = train(folder.path(), start, optim, schedule(), None, EPOCHS);
    assert_eq!(values(&trained), wanted);

    // Other ids, other weights: the checkpoint of epoch 1 is loaded into both, after the optimizer was made.
    let fresh = initialized(&plan, WIDTH, 2, &device);
    let optim = optimizer(&plan, &fresh).unwrap();
    let resumed = train(folder.path(), fresh, optim, schedule(), Some(1), EPOCHS);
    assert_eq!(values(&resumed), wanted);
}
