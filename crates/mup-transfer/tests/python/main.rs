//! A training program in plain Python, tuned by the real `mup-transfer`.

#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};

use mup_study::{Failure, Outcome, Study, StudyRecord};
use mup_sweep::{Optimum, Point};

/// With the three ways of getting a value. Two seeds each; enough steps for infinity above rate 2.
const STUDY: &str = r#"
version = 1
search = "grid"
seeds = [0, 1]
last-share = 0.01
stages = [{ steps = 400, trials = TRIALS }]

[space]
learning-rate = { grid = [0.25, 0.5, 1.0, 2.5, 8.0] }

[program]
command = ["python3", "PROGRAM", "{learning-rate}", "{seed}", "{file}"]

[proxy]
start = START
"#;

/// Whether to skip, which is said.
fn no_python() -> bool {
    let absent = Command::new("python3").arg("--version").output().is_err();
    if absent {
        eprintln!("skipped: there is no python3");
    }
    absent
}

fn write_study(folder: &Path, trials: usize, start: &str) {
    let program = std::path::absolute("tests/python/trial.py").unwrap();
    let program = program.to_str().unwrap();
    let study = STUDY.replace("PROGRAM", program).replace("TRIALS", &trials.to_string()).replace("START", start);
    std::fs::write(folder.join("study.toml"), study).unwrap();
}

fn mup_transfer(arguments: &[&str], folder: &Path) -> Output {
    let (command, options) = arguments.split_first().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
    let output = program.arg(command).arg(folder).args(options).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Runs trials of which some fail.
fn tune_with_failures(options: &[&str], folder: &Path) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
    let output = program.arg("tune").arg(folder).args(options).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
}

fn records(folder: &Path) -> Vec<StudyRecord> {
    Study::open(folder).unwrap().records().unwrap().records
}

#[test]
fn a_python_program_is_tuned_to_its_best_rate_and_nothing_is_run_twice() {
    if no_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write_study(folder.path(), 5, "1.0");
    let status = mup_transfer(&["tune", "--jobs", "2", "--json"], folder.path()).stdout;
    let status: serde_json::Value = serde_json::from_slice(&status).unwrap();
    assert_eq!((&status["trials"], &status["finished"], &status["diverged"]), (&10.into(), &6.into(), &4.into()));

    let found = records(folder.path());
    let point = |record: &StudyRecord| Point {
        log2_rate: record.trial.values.get("learning-rate").unwrap().number().unwrap().log2(),
        loss: record.outcome.loss(),
    };
    let best = Optimum::of(&found.iter().filter(|record| record.trial.seed == 1).map(point).collect::<Vec<_>>());
    // One step of rate 1 is at the minimum exactly.
    assert_eq!(best.map(|best| (best.log2_rate, best.loss)), Some((0.0, 0.0)));
    assert!(found.iter().all(|record| (record.curve.parameters, record.curve.tokens) == (1, 400)));
    let infinite = found.last().unwrap();
    assert!(matches!(infinite.outcome, Outcome::NotFinite { .. }), "{}", infinite.outcome);

    mup_transfer(&["tune"], folder.path());
    assert_eq!(records(folder.path()), found, "the seconds that each took would differ");
}

#[test]
fn a_python_exception_is_a_recorded_failure_and_retry_forgets_it() {
    if no_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write_study(folder.path(), 1, "\"one\"");
    tune_with_failures(&["--jobs", "2"], folder.path());
    let found = records(folder.path());
    let Outcome::Failed(Failure::Exit { code: 1, said }) = &found[0].outcome else { panic!("{}", found[0].outcome) };
    assert!(said.contains("Traceback") && said.contains("TypeError"), "{said}");
    assert_eq!(found.iter().filter(|record| record.outcome.failed()).count(), 2);
    mup_transfer(&["retry"], folder.path());
    assert_eq!(records(folder.path()).len(), 0);
}
