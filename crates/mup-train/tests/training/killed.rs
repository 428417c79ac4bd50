//! kill -9 at random moments, and a disk that is full, in a process of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use mup_train::{Curve, Trainer, Training};

use crate::metrics::steps;
use crate::moments::Moments;
use crate::net::{Largest, bits, checkpoints, folder, start, ten_steps, train_in, warnings, weights};

const FOLDER: &str = "MUP_TRAIN_KILLED_FOLDER";
const THIS: &str = "killed::a_run_killed_at_random_moments_ends_with_the_same_bits";
const STEPS: usize = 160;

fn train(path: Option<&Path>) -> (Curve, Vec<f32>) {
    let (model, optimizer) = start(8);
    let training = Training::new(STEPS, 0.02).with_max_norm(1.0).with_evaluate_every(7).with_micro_batches(2);
    let mut trainer = Trainer::new(training);
    if let Some(path) = path {
        trainer = trainer.in_folder(folder(path).with_every_steps(3));
    }
    let trained = trainer.train(&Largest::default(), model, optimizer).unwrap();
    (trained.curve, weights(&trained.model))
}

fn child(path: &Path) -> Child {
    let mut this = Command::new(std::env::current_exe().unwrap());
    this.args(["--exact", THIS]).env(FOLDER, path).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_run_killed_at_random_moments_ends_with_the_same_bits() {
    if let Some(path) = std::env::var_os(FOLDER) {
        train(Some(Path::new(&path)));
        return;
    }
    let wanted = train(None);
    let mut moments = Moments::below(100);
    while moments.left() > 0 {
        let run = tempfile::tempdir().unwrap();
        while moments.left() > 0 && moments.kill(vec![child(run.path())]) {}
        moments.run_ended();
        assert!(child(run.path()).wait().unwrap().success());
        check(run.path(), &wanted);
    }
}

/// A finished run: this only reads the result.
fn check(run: &Path, (wanted, wanted_weights): &(Curve, Vec<f32>)) {
    let (curve, weights) = train(Some(run));
    assert_eq!(curve, *wanted);
    assert_eq!(bits(&curve.losses), bits(&wanted.losses));
    assert_eq!(weights, *wanted_weights);
    let evaluated = (1..).map(|i| 7 * i).take_while(|step| *step < STEPS).chain([STEPS]).map(|step| step as u64);
    assert_eq!(steps(run), ((0..STEPS as u64).collect(), evaluated.collect()));
    assert_eq!(checkpoints(run), ["step-00000159", "step-00000160"]);
}

/// A limit on the size of files stands for the full disk: both are an error of write in the middle of a checkpoint.
#[test]
fn a_checkpoint_that_does_not_fit_is_named_and_the_ones_before_stay() {
    const FULL: &str = "MUP_TRAIN_FULL_FOLDER";
    let this = "killed::a_checkpoint_that_does_not_fit_is_named_and_the_ones_before_stay";
    if let Some(path) = std::env::var_os(FULL) {
        let (_, full) = train_in(folder(Path::new(&path)), ten_steps(), &Largest::default());
        println!("{}", full.unwrap_err());
        return;
    }
    let run = tempfile::tempdir().unwrap();
    let task = Largest { poison: Some((5, f32::NAN)), ..Largest::default() };
    train_in(folder(run.path()), ten_steps(), &task).1.unwrap();
    // Four kilobytes: the model fits, the optimizer's moments do not.
    let limited = format!("trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact {this} --nocapture");
    let mut shell = Command::new("sh");
    shell.args(["-c", &limited]).arg(std::env::current_exe().unwrap()).env(FULL, run.path());
    let output = String::from_utf8(shell.output().unwrap().stdout).unwrap();
    let file = run.path().join("checkpoints/.step-00000006/optimizer.bpk");
    assert!(output.contains(&format!("cannot write {}: File too large", file.display())), "{output}");
    assert_eq!(checkpoints(run.path()), ["step-00000002", "step-00000004"]);
    let (events, trained) = train_in(folder(run.path()), ten_steps(), &Largest::default());
    assert!(warnings(&events).is_empty(), "{events:?}");
    let other = tempfile::tempdir().unwrap();
    let never_full = train_in(folder(other.path()), ten_steps(), &Largest::default()).1.unwrap();
    assert_eq!(trained.unwrap().curve, never_full.curve);
}
