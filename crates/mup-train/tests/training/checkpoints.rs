//! What a folder keeps, and that a run continues from it to the bit.

use std::cell::Cell;
use std::time::Duration;

use mup_train::{Ended, Event, RunFolder, Trained, Trainer, Training};

use crate::net::{Largest, bits, checkpoints, folder, plan, start, ten_steps, train_in, warnings, weights};

fn interrupted_after(steps: usize, path: &std::path::Path) -> Trained<mup_models::Mlp> {
    let (model, optimizer) = start(8);
    let done = Cell::new(0);
    let trainer = Trainer::new(ten_steps())
        .in_folder(folder(path))
        .observe(|event| done.set(done.get() + usize::from(matches!(event, Event::Step(_)))))
        .interrupt(|| done.get() == steps);
    trainer.train(&Largest::default(), model, optimizer).unwrap()
}

#[test]
fn an_interrupted_run_continues_to_the_bit_of_one_without_a_folder() {
    let (model, optimizer) = start(8);
    let whole = Trainer::new(ten_steps()).train(&Largest::default(), model, optimizer).unwrap();
    for steps in 0..10 {
        let run = tempfile::tempdir().unwrap();
        let stopped = interrupted_after(steps, run.path());
        assert_eq!((stopped.curve.ended, stopped.curve.losses.len()), (Ended::Interrupted, steps));
        let (events, continued) = train_in(folder(run.path()), ten_steps(), &Largest::default());
        let continued = continued.unwrap();
        assert_eq!(continued.curve, whole.curve, "stopped after {steps}");
        assert_eq!(bits(&continued.curve.losses), bits(&whole.curve.losses));
        assert_eq!(weights(&continued.model), weights(&whole.model), "stopped after {steps}");
        let first = events.iter().find_map(|event| if let Event::Step(step) = event { Some(step.step) } else { None });
        assert_eq!(first, Some(steps), "no step is repeated");
        assert!(warnings(&events).is_empty());
    }
}

#[test]
fn a_finished_run_returns_its_result_without_training_again() {
    let run = tempfile::tempdir().unwrap();
    let (_, first) = train_in(folder(run.path()), ten_steps(), &Largest::default());
    let (events, again) = train_in(folder(run.path()), ten_steps(), &Largest::default());
    let (first, again) = (first.unwrap(), again.unwrap());
    assert_eq!(again.curve, first.curve);
    assert_eq!(again.curve.ended, Ended::Finished);
    assert_eq!(weights(&again.model), weights(&first.model));
    assert!(matches!(events[..], [Event::Resumed { .. }]), "{events:?}");
}

#[test]
fn the_last_checkpoints_are_kept_and_older_ones_deleted() {
    let run = tempfile::tempdir().unwrap();
    train_in(folder(run.path()).with_keep_last(3), ten_steps(), &Largest::default()).1.unwrap();
    assert_eq!(checkpoints(run.path()), ["step-00000006", "step-00000008", "step-00000010"]);
    let run = tempfile::tempdir().unwrap();
    let often = RunFolder::new(run.path(), &plan(8)).with_every(Duration::ZERO).with_keep_last(100);
    train_in(often, ten_steps(), &Largest::default()).1.unwrap();
    assert_eq!(checkpoints(run.path()).len(), 10);
    let run = tempfile::tempdir().unwrap();
    train_in(RunFolder::new(run.path(), &plan(8)), ten_steps(), &Largest::default()).1.unwrap();
    assert_eq!(checkpoints(run.path()), ["step-00000010"]);
}

/// A finished run as a process leaves it that was killed between the names of its last checkpoints and the deletion of
/// the old ones: two too many.
fn killed_before_it_deleted() -> tempfile::TempDir {
    let run = tempfile::tempdir().unwrap();
    let old = |step: usize| run.path().join(format!("checkpoints/step-{step:08}"));
    let aside = |step: usize| run.path().join(format!("{step}"));
    interrupted_after(6, run.path());
    [4, 6].into_iter().for_each(|step| std::fs::rename(old(step), aside(step)).unwrap());
    std::fs::create_dir(old(6)).unwrap();
    for entry in std::fs::read_dir(aside(6)).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, old(6).join(path.file_name().unwrap())).unwrap();
    }
    train_in(folder(run.path()), ten_steps(), &Largest::default()).1.unwrap();
    [4, 6].into_iter().for_each(|step| std::fs::rename(aside(step), old(step)).unwrap());
    assert_eq!(checkpoints(run.path()).len(), 4);
    run
}

#[test]
fn what_a_killed_process_did_not_come_to_delete_is_deleted_by_the_next() {
    let run = killed_before_it_deleted();
    let (events, trained) = train_in(folder(run.path()), ten_steps(), &Largest::default());
    assert!(matches!(events[..], [Event::Resumed { .. }]), "there is nothing to train: {events:?}");
    assert_eq!(trained.unwrap().curve.losses.len(), 10);
    assert_eq!(checkpoints(run.path()), ["step-00000008", "step-00000010"]);
}

#[test]
fn old_checkpoints_are_deleted_only_once_a_newer_one_is_known_to_be_whole() {
    let run = killed_before_it_deleted();
    for step in ["08", "10"] {
        std::fs::write(run.path().join(format!("checkpoints/step-000000{step}/model.bpk")), "damaged").unwrap();
    }
    let (events, trained) = train_in(folder(run.path()), ten_steps(), &Largest::default());
    assert_eq!(warnings(&events).len(), 2, "{events:?}");
    assert_eq!(trained.unwrap().curve.losses.len(), 10);
    let kept = ["step-00000008", "step-00000008.damaged", "step-00000010", "step-00000010.damaged"];
    assert_eq!(checkpoints(run.path()), kept);
    // All damaged: none is deleted.
    let run = killed_before_it_deleted();
    for name in checkpoints(run.path()) {
        std::fs::write(run.path().join("checkpoints").join(name).join("model.bpk"), "damaged").unwrap();
    }
    train_in(folder(run.path()), ten_steps(), &Largest::default()).1.unwrap_err();
    assert_eq!(checkpoints(run.path()).len(), 4);
}

/// Of another run, or kept by whoever trained: who only reads the result, to export it, may not know how many.
#[test]
fn checkpoints_that_were_kept_on_purpose_are_not_deleted_when_a_run_is_opened() {
    let run = tempfile::tempdir().unwrap();
    train_in(folder(run.path()).with_keep_last(100), ten_steps(), &Largest::default()).1.unwrap();
    let other = Training::new(11, 0.02);
    train_in(folder(run.path()).with_keep_last(1), other, &Largest::default()).1.unwrap_err();
    train_in(folder(run.path()).with_keep_last(1), ten_steps(), &Largest::default()).1.unwrap();
    assert_eq!(checkpoints(run.path()).len(), 5);
}

#[test]
fn the_digests_of_a_checkpoint_are_those_of_sha256sum() {
    let run = tempfile::tempdir().unwrap();
    train_in(folder(run.path()), ten_steps(), &Largest::default()).1.unwrap();
    let checkpoint = run.path().join("checkpoints/step-00000010");
    let sums =
        std::process::Command::new("sha256sum").arg("--check").arg("SHA256SUMS").current_dir(checkpoint).output();
    // Not on every system; where it is, it agrees.
    if let Ok(sums) = sums {
        assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stderr));
        assert_eq!(String::from_utf8_lossy(&sums.stdout).lines().count(), 4);
    }
}

/// A rate at which the weights overflow while loss and gradients were finite: with one checkpoint kept, writing the next
/// would delete the last good one.
#[test]
fn a_model_that_is_not_finite_never_displaces_a_good_checkpoint() {
    for poison in [(5, f32::NAN), (5, 1e30)] {
        let run = tempfile::tempdir().unwrap();
        let task = Largest { poison: Some(poison), ..Largest::default() };
        let (_, diverged) = train_in(folder(run.path()).with_keep_last(1), ten_steps(), &task);
        assert_eq!(diverged.unwrap().curve.ended, Ended::NotFinite { step: 5 });
        assert_eq!(checkpoints(run.path()), ["step-00000004"]);
    }
    let run = tempfile::tempdir().unwrap();
    let steep = Training::new(10, 1e300).with_schedule(mup_train::Schedule::linear().with_warm_up(10));
    let (_, diverged) = train_in(folder(run.path()).with_every_steps(1), steep, &Largest::default());
    assert_eq!(diverged.unwrap().curve.ended, Ended::NotFinite { step: 1 });
    assert!(checkpoints(run.path()).is_empty());
}

#[test]
fn the_seconds_of_a_run_are_those_of_all_its_processes() {
    let run = tempfile::tempdir().unwrap();
    let slow = |until: usize| {
        let (model, optimizer) = start(8);
        let done = Cell::new(0);
        let trainer = Trainer::new(ten_steps())
            .in_folder(folder(run.path()))
            .observe(|event| {
                if matches!(event, Event::Step(_)) {
                    std::thread::sleep(Duration::from_millis(10));
                    done.set(done.get() + 1);
                }
            })
            .interrupt(|| done.get() == until);
        trainer.train(&Largest::default(), model, optimizer).unwrap().seconds
    };
    let (first, second, third) = (slow(4), slow(4), slow(4));
    // Four, eight and ten steps of 10 ms; what is between them only adds. Not the first's and 40 ms more: the time that its last
    // checkpoint took to write, which a busy disk makes long, is in what it returned and not in the checkpoint.
    assert!(first >= 0.04 && second >= 0.08 && third >= 0.1, "{first} {second} {third}");
    // Finished: it is read. Writing the last checkpoint is not in that checkpoint.
    assert!((0.1..third + 0.1).contains(&slow(4)));
}
