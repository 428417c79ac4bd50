//! Checkpoints that are not what was written.

use std::fs;
use std::path::{Path, PathBuf};

use mup_train::{Ended, TrainError};

use crate::net::{Largest, checkpoints, folder, ten_steps, train_in, warnings, weights};

const FILES: [&str; 5] = ["model.bpk", "optimizer.bpk", "losses.f64", "state.json", "SHA256SUMS"];

/// A finished run with checkpoints at 8 and 10.
fn finished() -> (tempfile::TempDir, PathBuf, Vec<f32>) {
    let run = tempfile::tempdir().unwrap();
    let (_, trained) = train_in(folder(run.path()), ten_steps(), &Largest::default());
    let newest = run.path().join("checkpoints/step-00000010");
    (run, newest, weights(&trained.unwrap().model))
}

fn check_that_the_one_before_is_used(run: &Path, wanted: &[f32], how: &str) {
    let (events, trained) = train_in(folder(run), ten_steps(), &Largest::default());
    let trained = trained.unwrap_or_else(|error| panic!("{how}: {error}"));
    let warned = warnings(&events).join("\n");
    assert!(warned.contains("step-00000010 is damaged"), "{how}: {warned}");
    assert_eq!(trained.curve.ended, Ended::Finished);
    assert_eq!(weights(&trained.model), wanted, "{how}");
    assert_eq!(checkpoints(run), ["step-00000008", "step-00000010", "step-00000010.damaged"], "{how}");
}

#[test]
fn a_truncated_checkpoint_is_named_and_the_one_before_is_used() {
    for file in FILES {
        let (run, newest, wanted) = finished();
        let content = fs::read(newest.join(file)).unwrap();
        fs::write(newest.join(file), &content[..content.len() / 2]).unwrap();
        check_that_the_one_before_is_used(run.path(), &wanted, file);
    }
}

#[test]
fn one_flipped_bit_anywhere_is_noticed() {
    for file in FILES {
        let (run, newest, wanted) = finished();
        let mut content = fs::read(newest.join(file)).unwrap();
        let middle = content.len() / 2;
        content[middle] ^= 1;
        fs::write(newest.join(file), &content).unwrap();
        check_that_the_one_before_is_used(run.path(), &wanted, file);
    }
}

#[test]
fn a_missing_file_is_damage() {
    for file in FILES {
        let (run, newest, wanted) = finished();
        fs::remove_file(newest.join(file)).unwrap();
        check_that_the_one_before_is_used(run.path(), &wanted, file);
    }
}

#[test]
fn a_checkpoint_renamed_to_another_step_is_damage() {
    let (run, newest, _) = finished();
    fs::rename(newest, run.path().join("checkpoints/step-00000012")).unwrap();
    let (events, trained) = train_in(folder(run.path()), ten_steps(), &Largest::default());
    assert!(warnings(&events)[0].contains("state.json is of step 10"), "{events:?}");
    assert_eq!(trained.unwrap().curve.losses.len(), 10);
}

#[test]
fn where_every_checkpoint_is_damaged_nothing_is_touched_and_nothing_begins_again() {
    let (run, newest, _) = finished();
    fs::write(newest.join("model.bpk"), "").unwrap();
    fs::remove_file(run.path().join("checkpoints/step-00000008/losses.f64")).unwrap();
    for _ in 0..2 {
        let (_, error) = train_in(folder(run.path()), ten_steps(), &Largest::default());
        let error = error.unwrap_err();
        assert!(matches!(&error, TrainError::AllDamaged { checkpoints } if checkpoints.len() == 2));
        let text = error.to_string();
        assert!(text.contains("step-00000010: model.bpk is not what was written"), "{text}");
        assert!(text.contains("step-00000008: losses.f64 is missing"), "{text}");
        assert_eq!(checkpoints(run.path()), ["step-00000008", "step-00000010"]);
    }
}

#[test]
fn what_a_killed_process_left_half_written_is_removed() {
    let (run, newest, wanted) = finished();
    let half = run.path().join("checkpoints/.step-00000009");
    fs::rename(newest, &half).unwrap();
    fs::remove_file(half.join("state.json")).unwrap();
    let (events, trained) = train_in(folder(run.path()), ten_steps(), &Largest::default());
    assert_eq!(weights(&trained.unwrap().model), wanted);
    assert!(warnings(&events).is_empty());
    assert_eq!(checkpoints(run.path()), ["step-00000008", "step-00000010"]);
}
