//! Each is an error that says what to do, where Burn would panic or mix two trainings.

use std::fs;

use burn::tensor::Device;
use burn::train::Learner;
use learner::gpt::{FamilyError, initialized, optimizer, plan};
use learner::text::{BATCH, Text, loader};
use learner::{Training, TrainingError};

use crate::gpt::{schedule, windows};
use crate::training;

fn run(training: &Training, width: usize) -> Result<(), TrainingError> {
    let device = Device::flex().autodiff();
    let plan = plan(width, &device).unwrap();
    let model = initialized(&plan, width, 1, &device).unwrap();
    let learner = Learner::new(model.clone(), optimizer(&plan, &model).unwrap(), schedule(2));
    let loader = || loader(windows(BATCH), BATCH, &device);
    training.run(&plan, learner, loader(), loader()).map(|_| ())
}

#[test]
fn a_folder_with_a_training_is_continued_only_on_demand_from_a_readable_checkpoint_of_the_same_plan() {
    let folder = tempfile::tempdir().unwrap();
    let first = training(folder.path(), 1, &Device::flex().autodiff());
    run(&first, 32).unwrap();
    assert!(matches!(run(&first, 32), Err(TrainingError::Occupied(_))));

    let resume = |epoch, epochs| Training { resume: Some(epoch), epochs, ..first.clone() };
    assert!(matches!(run(&resume(1, 1), 32), Err(TrainingError::Finished { .. })));
    let error = run(&resume(2, 3), 32).unwrap_err().to_string();
    assert!(error.contains("model-2.bpk"), "{error}");
    let error = run(&resume(1, 2), 64).unwrap_err().to_string();
    assert!(error.contains("another plan: `gpt."), "{error}");

    let checkpoint = folder.path().join("checkpoint/optim-1.bpk");
    let bytes = fs::read(&checkpoint).unwrap();
    fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    let error = run(&resume(1, 2), 32).unwrap_err().to_string();
    assert!(error.contains("optim-1.bpk") && error.contains("truncated"), "{error}");

    fs::write(folder.path().join("plan.json"), "{").unwrap();
    assert!(matches!(run(&resume(1, 2), 32), Err(TrainingError::Plan { .. })));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = run(&training(file.path(), 1, &Device::flex().autodiff()), 32).unwrap_err().to_string();
    assert!(error.contains(&file.path().display().to_string()), "{error}");
}

#[test]
fn a_text_too_short_and_a_width_without_heads_are_refused() {
    assert!(Text::new("x", &[b'a'; 1024], 0).unwrap_err().to_string().contains("1024 bytes"));
    let shortest = Text::new("x", &[b'a'; 1025], 0).unwrap();
    assert_eq!((shortest.train.len(), shortest.validation.len()), (BATCH, BATCH));
    assert!(Text::load(Some("no such file".as_ref()), 0).unwrap_err().to_string().contains("no such file"));
    for width in [0, 8, 40] {
        assert!(matches!(plan(width, &Device::flex()), Err(FamilyError::Width(_))));
    }
}
