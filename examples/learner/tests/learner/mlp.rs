//! A perceptron of Burn's own layers.

use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::tensor::Device;
use burn::train::{Learner, TrainStep};
use learner::mlp::{BATCH, Batch, Mlp, initialized, loader, optimizer, plan, points};

use crate::{training, values};

const WIDTH: usize = 32;
const EPOCHS: usize = 2;

fn schedule() -> ModuleLrScheduler {
    LinearLrSchedulerConfig::new(0.1, 0.01, 8 * EPOCHS).init().unwrap()
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
    let train = |model: Mlp, resume| {
        let optimizer = optimizer(&plan, &model).unwrap();
        let learner = Learner::new(model, optimizer, schedule());
        let mut training = training(folder.path(), EPOCHS, &device);
        training.resume = resume;
        let loader = |n| loader(points(n * BATCH), &device);
        training.run(&plan, learner, loader(8), loader(1)).unwrap()
    };
    let start = initialized(&plan, WIDTH, 1, &device);
    let before = values(&start);
    let wanted = values(&by_hand(start.clone(), &device));
    assert_ne!(wanted, before);
    assert_eq!(values(&train(start, None)), wanted);

    // Other ids, other weights: the checkpoint of epoch 1 is loaded into both, after the optimizer was made.
    let fresh = initialized(&plan, WIDTH, 2, &device);
    assert_eq!(values(&train(fresh, Some(1))), wanted);
}
