//! The GPT of `mup-models`.

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use burn::train::{InferenceStep, Learner, TrainStep};
use learner::gpt::{BASE_WIDTH, LanguageModel, initialized, optimizer, plan};
use learner::text::{BATCH, Text, TextBatch, Window, loader};
use mup_init::{Distribution, InitSpec};
use mup_optim::MupAdamWConfig;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

use crate::{training, values};

/// Twice the base, so that no factor of the plan is 1.
pub(crate) const WIDTH: usize = 2 * BASE_WIDTH;
const STEPS: usize = 12;
const EPOCHS: usize = 2;

pub(crate) fn windows(n: usize) -> Vec<Window> {
    let mut windows = Text::load(None, 0).unwrap().train;
    windows.truncate(n);
    windows
}

pub(crate) fn schedule(steps: usize) -> ModuleLrScheduler {
    CosineAnnealingLrSchedulerConfig::new(0.02, steps).init().unwrap()
}

fn by_hand(mut model: LanguageModel, mut optimizer: ModuleOptimizer, device: &Device) -> LanguageModel {
    let mut schedule = schedule(EPOCHS * STEPS);
    for _ in 0..EPOCHS {
        for windows in windows(STEPS * BATCH).chunks(BATCH) {
            let rate = schedule.step().base();
            let gradients = TrainStep::step(&model, TextBatch::new(windows, device)).grads;
            model = model.optimize(&mut optimizer, rate.into(), gradients);
        }
    }
    model
}

fn loss(model: &LanguageModel, device: &Device) -> f32 {
    let validation = Text::load(None, 0).unwrap().validation;
    InferenceStep::step(model, TextBatch::new(&validation[..BATCH], device)).loss.into_scalar()
}

fn multipliers(model: &LanguageModel) -> Vec<Vec<f32>> {
    let values = |tensor: Tensor<1>| tensor.into_data().try_into_vec::<f32>().unwrap();
    let mut multipliers = vec![values(model.gpt.readout.as_ref().unwrap().multiplier.val())];
    multipliers.extend(model.gpt.blocks.iter().map(|block| values(block.attention.logit_scale.val())));
    multipliers
}

#[test]
fn the_learner_takes_the_steps_of_a_hand_written_loop_and_resumes_in_a_fresh_model() {
    let device = Device::flex().autodiff();
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(WIDTH, &device).unwrap();
    let train = |model: LanguageModel, resume| {
        let optimizer = optimizer(&plan, &model).unwrap();
        let learner = Learner::new(model, optimizer, schedule(EPOCHS * STEPS));
        let mut training = training(folder.path(), EPOCHS, &device);
        training.resume = resume;
        let loader = |windows| loader(windows, BATCH, &device);
        training.run(&plan, learner, loader(windows(STEPS * BATCH)), loader(windows(BATCH))).unwrap()
    };
    let start = initialized(&plan, WIDTH, 1, &device).unwrap();
    let before = multipliers(&start);
    assert_eq!(before[0], vec![0.5; WIDTH], "the readout's 1/m");
    let wanted = by_hand(start.clone(), optimizer(&plan, &start).unwrap(), &device);

    let trained = train(start.clone(), None);
    assert_eq!(values(&trained), values(&wanted));
    assert_eq!(multipliers(&trained), before);
    let (first, last) = (loss(&start, &device), loss(&trained, &device));
    assert!(last < first - 1.5, "from {first} to {last}");

    // A model without the plan's multipliers: the checkpoint of epoch 1 brings them, weights and optimizer state.
    let bare = LanguageModel::new(WIDTH, &device).unwrap();
    assert_ne!(multipliers(&bare), before);
    let resumed = train(bare, Some(1));
    assert_eq!(values(&resumed), values(&wanted));
    assert_eq!(multipliers(&resumed), before);
}

/// Without decay, Adam's first step moves every entry that has a gradient well above ε by the tensor's rate.
#[test]
fn the_first_step_moves_each_tensor_by_its_own_rate() {
    let device = Device::flex().autodiff();
    let largest_change = |plan: &ScalingPlan| {
        let model = LanguageModel::new(WIDTH, &device).unwrap();
        let spec = InitSpec::new().embedding(Distribution::Normal { std: 1.0 });
        let start = mup_init::initialize(model, plan, &spec, 1).unwrap();
        let optimizer = MupAdamWConfig::new().with_weight_decay(0.0).init(plan, &start).unwrap();
        let learner = Learner::new(start.clone(), optimizer, 0.01);
        let folder = tempfile::tempdir().unwrap();
        let loader = || loader(windows(BATCH), BATCH, &device);
        let end = training(folder.path(), 1, &device).run(plan, learner, loader(), loader()).unwrap();
        let change = |weight: fn(&LanguageModel) -> Tensor<2>| -> f32 {
            (weight(&end) - weight(&start).inner()).abs().max().into_scalar()
        };
        [
            change(|model| model.gpt.token_embedding.weight.val()),
            change(|model| model.gpt.blocks[0].feed_forward.as_ref().unwrap().up.weight.val()),
            change(|model| model.gpt.readout.as_ref().unwrap().weight.val()),
        ]
    };
    let near = |found: [f32; 3], wanted: [f32; 3]| found.iter().zip(wanted).all(|(x, y)| (x / y - 1.0).abs() < 0.01);
    let mup = largest_change(&plan(WIDTH, &device).unwrap());
    assert!(near(mup, [0.01, 0.005, 0.01]), "µP: {mup:?}");

    let model = |width| LanguageModel::new(width, &device).unwrap();
    let shapes = mup_models::shape_reader().infer(&model(BASE_WIDTH), &model(2 * BASE_WIDTH), &model(WIDTH)).unwrap();
    let standard = ScalingPlan::new(&shapes, Parametrization::standard(), OptimizerId::ADAMW).unwrap();
    let standard = largest_change(&standard);
    assert!(near(standard, [0.01; 3]), "SP: {standard:?}");
}
