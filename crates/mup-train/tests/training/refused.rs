//! Folders and checkpoints that a run must not touch.

use std::fs;
use std::path::Path;

use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_train::{RunFolder, TrainError, Trainer, Training};

use crate::net::{Largest, folder, plan, start, start_sgd, ten_steps, train_in};

fn finished(path: &Path) {
    train_in(folder(path), ten_steps(), &Largest::default()).1.unwrap();
}

fn differences(error: TrainError) -> Vec<String> {
    match error {
        TrainError::AnotherRun { differences, .. } => differences.iter().map(ToString::to_string).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_checkpoint_of_other_settings_is_refused_with_every_difference() {
    let run = tempfile::tempdir().unwrap();
    finished(run.path());
    let other = Training::new(20, 0.03).with_max_norm(1.0).with_evaluate_every(4);
    let (_, refused) = train_in(folder(run.path()), other, &Largest { seed: 7, ..Largest::default() });
    let error = refused.unwrap_err();
    assert!(error.to_string().contains("step-00000010 is of another run"), "{error}");
    let wanted = [
        "task: \"largest 8 seed 0\" in the checkpoint, \"largest 8 seed 7\" now",
        "training.learning_rate: 0.02 in the checkpoint, 0.03 now",
        "training.steps: 10 in the checkpoint, 20 now",
    ];
    assert_eq!(differences(error), wanted);
    // Nothing was touched.
    finished(run.path());
}

#[test]
fn a_checkpoint_of_another_width_or_plan_is_refused_by_parameter() {
    let run = tempfile::tempdir().unwrap();
    finished(run.path());
    let (model, optimizer) = start(16);
    let wider = Trainer::new(ten_steps()).in_folder(RunFolder::new(run.path(), &plan(16)));
    let refused = differences(wider.train(&Largest::default(), model, optimizer).unwrap_err());
    let shape = "shapes.input.weight: \"F32 [6, 8]\" in the checkpoint, \"F32 [6, 16]\" now".to_owned();
    assert!(refused.contains(&shape), "{refused:?}");
    assert!(
        refused.iter().any(|line| line.starts_with("plan.rows.hidden.0.weight.numbers.learning rate")),
        "{refused:?}"
    );

    let beta = mup_rules::RunLaw::none().with_beta(mup_rules::Power::of(mup_rules::Variable::BATCH, 1.0));
    let (base, target) = (mup_rules::Run::new(8.0, 80.0), mup_rules::Run::new(16.0, 160.0));
    let in_run = plan(8).with_run(base, target, beta).unwrap();
    let (_, refused) = train_in(RunFolder::new(run.path(), &in_run), ten_steps(), &Largest::default());
    assert_eq!(differences(refused.unwrap_err()), ["plan.β to the power: absent in the checkpoint, 2.0 now"]);

    let standard = ScalingPlan::new(&crate::net::shapes(8), Parametrization::standard(), OptimizerId::ADAMW).unwrap();
    let (_, refused) = train_in(RunFolder::new(run.path(), &standard), ten_steps(), &Largest::default());
    let refused = differences(refused.unwrap_err());
    assert!(!refused.is_empty() && refused.iter().all(|line| line.starts_with("plan.")), "{refused:?}");
}

#[test]
fn what_the_user_adds_to_the_identity_is_compared_too() {
    let run = tempfile::tempdir().unwrap();
    let with =
        |beta: f64| folder(run.path()).with_identity("optimizer", &serde_json::json!({ "beta_2": beta })).unwrap();
    train_in(with(0.95), ten_steps(), &Largest::default()).1.unwrap();
    train_in(with(0.95), ten_steps(), &Largest::default()).1.unwrap();
    let refused = |folder| differences(train_in(folder, ten_steps(), &Largest::default()).1.unwrap_err());
    assert_eq!(refused(with(0.99)), ["optimizer.beta_2: 0.95 in the checkpoint, 0.99 now"]);
    assert_eq!(refused(folder(run.path())), ["optimizer.beta_2: 0.95 in the checkpoint, absent now"]);
    let taken = with(0.9).with_identity("plan", &1).unwrap_err();
    assert_eq!(taken.to_string(), "`plan` cannot be part of the run's identity: the name is taken; use another");
}

#[test]
fn the_state_of_another_optimizer_is_refused_and_not_dropped() {
    let run = tempfile::tempdir().unwrap();
    let few = || Training::new(10, 0.02).with_max_norm(1.0).with_evaluate_every(4);
    finished(run.path());
    let (model, optimizer) = start_sgd(8);
    let trainer = Trainer::new(few()).in_folder(folder(run.path()));
    let error = trainer.train(&Largest::default(), model, optimizer).unwrap_err().to_string();
    assert!(error.contains("optimizer.bpk: the optimizer cannot continue from its record"), "{error}");
    assert!(error.contains("this optimizer keeps no `momentum.moment_1` of `hidden.0.bias`"), "{error}");
}

#[test]
fn a_checkpoint_of_a_newer_version_is_refused_and_left_alone() {
    let run = tempfile::tempdir().unwrap();
    finished(run.path());
    let state = run.path().join("checkpoints/step-00000010/state.json");
    fs::write(&state, r#"{"version": 2, "everything": "else"}"#).unwrap();
    let error = train_in(folder(run.path()), ten_steps(), &Largest::default()).1.unwrap_err().to_string();
    let wanted =
        format!("{} is of version 2, and this program knows versions up to 1; use a newer one", state.display());
    assert_eq!(error, wanted);
    assert!(state.exists());
}

#[test]
fn two_processes_cannot_train_in_one_folder() {
    let run = tempfile::tempdir().unwrap();
    let (model, optimizer) = start(8);
    let mut inner = None;
    let trainer = Trainer::new(Training::new(1, 0.1)).in_folder(folder(run.path())).observe(|_| {
        inner.get_or_insert_with(|| train_in(folder(run.path()), ten_steps(), &Largest::default()).1.unwrap_err());
    });
    trainer.train(&Largest::default(), model, optimizer).unwrap();
    let error = inner.unwrap().to_string();
    assert!(error.contains(".lock is locked: another process trains in this folder"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named_before_the_first_step() {
    let run = tempfile::tempdir().unwrap();
    let file = run.path().join("file");
    fs::write(&file, "").unwrap();
    let (events, error) = train_in(folder(&file.join("run")), ten_steps(), &Largest::default());
    let error = error.unwrap_err().to_string();
    assert!(events.is_empty());
    assert!(error.starts_with(&format!("cannot create {}/run/checkpoints: ", file.display())), "{error}");
}

#[test]
fn checkpoints_that_are_never_due_or_never_kept_are_refused() {
    let run = tempfile::tempdir().unwrap();
    let refused = |folder| train_in(folder, ten_steps(), &Largest::default()).1.unwrap_err().to_string();
    assert_eq!(refused(folder(run.path()).with_every_steps(0)), "every_steps is 0, but must be at least 1");
    assert_eq!(refused(folder(run.path()).with_keep_last(0)), "keep_last is 0, but must be at least 1");
}
