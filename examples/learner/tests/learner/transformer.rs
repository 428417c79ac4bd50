//! Burn's own transformer, by two optimizers at once.

use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::tensor::Device;
use burn::train::{InferenceStep, Learner};
use learner::transformer::{BATCH, Batch, Classifier, initialized, loader, optimizer, plan, sequences};

use crate::{training, values};

const WIDTH: usize = 32;
const EPOCHS: usize = 4;
const N_BATCHES: usize = 8;

fn schedule() -> ModuleLrScheduler {
    LinearLrSchedulerConfig::new(0.02, 0.002, N_BATCHES * EPOCHS).init().unwrap()
}

fn loss(model: &Classifier, device: &Device) -> f32 {
    model.step(Batch::new(&sequences(N_BATCHES * BATCH), device)).loss.into_scalar()
}

#[test]
fn muon_and_adamw_train_as_one_and_resume_in_a_fresh_model_to_the_bit() {
    let device = Device::flex().autodiff();
    let plan = plan(WIDTH, &device).unwrap();
    assert_eq!(plan.optimizer_names(), "adamw, muon");
    let train = |folder: &tempfile::TempDir, model: Classifier, resume| {
        let optimizer = optimizer(&plan, &model).unwrap();
        let mut training = training(folder.path(), EPOCHS, &device);
        training.resume = resume;
        let loader = |n| loader(sequences(n * BATCH), &device);
        training.run(&plan, Learner::new(model, optimizer, schedule()), loader(N_BATCHES), loader(1)).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let start = initialized(&plan, WIDTH, 1, &device);
    let before = loss(&start, &device);
    let trained = train(&folder, start, None);
    let after = loss(&trained, &Device::flex());
    assert!(after < 0.8 * before, "{before} {after}");

    // Other ids, other weights: the checkpoint of the epoch before the last is loaded into both.
    let fresh = initialized(&plan, WIDTH, 2, &device);
    assert_eq!(values(&train(&folder, fresh, Some(EPOCHS - 1))), values(&trained));
}
