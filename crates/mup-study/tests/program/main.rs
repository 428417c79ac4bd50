//! Trials that are programs: what they get, what they report, how they fail.

#![cfg(unix)]

mod processes;
mod reports;
#[path = "../running/mod.rs"]
mod running;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mup_study::launch::{LaunchError, ProgramRunner, Silent, Tuned, run_locally};
use mup_study::{
    Dimension, Failure, Outcome, Program, Setting, Space, Stage, Study, StudyConfig, StudyError, StudyRecord,
    StudyTrial, Trial, TrialCurve, TrialEnd,
};

/// A study of one trial with 3 steps that runs a shell script, in more time than a loaded machine takes.
fn study(folder: &Path, script: &str) -> Study {
    study_with(folder, script, 120)
}

fn study_with(folder: &Path, script: &str, timeout: u64) -> Study {
    let command = ["sh", "-c", script, "sh", "{learning-rate}", "{seed}", "{file}"].map(str::to_owned).to_vec();
    let program = Program { command, timeout_seconds: Some(timeout), threads: 3 };
    let space = Space::default()
        .with("learning-rate", Dimension::Fixed(Setting::Number(0.1 + 0.2)))
        .with("schedule", Dimension::Fixed(Setting::Text("linear".to_owned())));
    let config = StudyConfig::new(space, vec![Stage::of(3, 1)]);
    Study::create(&folder.join("study"), StudyConfig { program: Some(program), seeds: vec![7], ..config }).unwrap()
}

fn outcome(script: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    tuned(&study(folder.path(), script)).outcome
}

/// Runs a study's only trial; its record.
fn tuned(study: &Study) -> StudyRecord {
    let runner = ProgramRunner::new(study).unwrap();
    let run = |trial: &StudyTrial, on_step: &dyn Fn(usize, f64)| runner.run(trial, on_step, &|_| (), &|| false);
    assert_eq!(run_locally(study, 1, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
    study.records().unwrap().records.remove(0)
}

const THREE: &str = "for loss in 5 4 3; do echo \"{\\\"loss\\\": $loss}\"; done;";

#[test]
fn a_program_gets_its_values_by_argument_environment_and_file_bit_by_bit() {
    let check = r#"
        [ "$1" = 0.30000000000000004 ] && [ "$2" = 7 ] || exit 11
        [ "$MUP_LEARNING_RATE" = "$1" ] && [ "$MUP_SEED" = 7 ] && [ "$MUP_STEPS" = 3 ] || exit 12
        [ "$MUP_SCHEDULE" = linear ] && [ "$RAYON_NUM_THREADS" = 3 ] && [ "$OMP_NUM_THREADS" = 3 ] || exit 13
        [ "$MUP_TRIAL" = "$3" ] && grep -q '"learning-rate": 0.30000000000000004' "$3" || exit 14
    "#;
    assert_eq!(outcome(&format!("{check} {THREE}")), Outcome::Finished { loss: 3.0 });
}

#[test]
fn what_goes_wrong_is_recorded_with_what_the_program_said() {
    let failure = |script: &str| match outcome(script) {
        Outcome::Failed(failure) => failure,
        other => panic!("{script}: {other}"),
    };
    let Failure::Exit { code: 3, said } = failure(&format!("{THREE} echo no such file >&2; exit 3")) else { panic!() };
    assert_eq!(said, "no such file\n");
    assert!(matches!(failure("kill -SEGV $$"), Failure::Signal { signal: 11, .. }));
    assert!(matches!(failure("kill -9 $$"), Failure::Signal { signal: 9, .. }));
    let memory = "echo 'memory allocation of 99 bytes failed' >&2; kill -ABRT $$";
    assert!(matches!(failure(memory), Failure::OutOfMemory { .. }));
    assert_eq!(failure("echo '{\"loss\": 5}'"), Failure::Short { reported: 1, asked: 3 });
    assert!(matches!(failure("echo '{\"loss\": ='"), Failure::Malformed { .. }));
    assert_eq!(failure("true"), Failure::Short { reported: 0, asked: 3 });
}

#[test]
fn divergence_is_a_result_whatever_the_exit_code() {
    assert_eq!(outcome("echo '{\"loss\": 5}'; echo '{\"loss\": NaN}'; exit 1"), Outcome::NotFinite { step: 1 });
    let otherwise = "echo '{\"step\": 0, \"loss\": 5}'; echo '{\"loss\": NaN}'; exit 1";
    assert_eq!(outcome(otherwise), Outcome::NotFinite { step: 1 });
    let rising = "for loss in 5 6 7; do echo \"{\\\"loss\\\": $loss}\"; done";
    assert_eq!(outcome(rising), Outcome::AboveStart { first: 5.0, last: 7.0 });
}

#[test]
fn a_program_that_takes_too_long_is_ended_with_all_that_it_started() {
    let begun = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let study = study_with(folder.path(), "sleep 600 & echo '{\"loss\": 5}'; sleep 600; wait", 1);
    assert_eq!(tuned(&study).outcome, Outcome::Failed(Failure::TimedOut { seconds: 1 }));
    assert!(begun.elapsed() < Duration::from_secs(300), "{:?}", begun.elapsed());
}

#[test]
fn a_program_that_leaves_a_child_behind_does_not_hang_the_study() {
    let begun = Instant::now();
    assert_eq!(outcome(&format!("sleep 600 & {THREE}")), Outcome::Finished { loss: 3.0 });
    assert!(begun.elapsed() < Duration::from_secs(300), "{:?}", begun.elapsed());
}

#[test]
fn two_workers_on_one_trial_keep_what_both_programs_said() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path(), "echo begins $$ >&2; sleep 0.3; echo ends $$ >&2; exit 3");
    let trial = study.trial(0).unwrap();
    let run = || ProgramRunner::new(&study).unwrap().run(&trial, &|_, _| (), &|_| (), &|| false).unwrap();
    let ended = std::thread::scope(|scope| [scope.spawn(run), scope.spawn(run)].map(|worker| worker.join().unwrap()));
    assert!(ended.iter().all(|ended| matches!(ended.failure, Some(Failure::Exit { code: 3, .. }))), "{ended:?}");
    let log = std::fs::read_to_string(study.logs().join(format!("{}.log", trial.name()))).unwrap();
    let (begins, ends): (Vec<&str>, Vec<&str>) = log.lines().partition(|line| line.starts_with("begins"));
    assert_eq!((begins.len(), ends.len()), (2, 2), "{log}");
    assert!(begins.iter().all(|line| ends.contains(&line.replace("begins", "ends").as_str())), "{log}");
}

#[test]
fn an_interrupted_trial_leaves_no_record_and_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path(), "echo '{\"loss\": 5}'; sleep 600");
    let runner = ProgramRunner::new(&study).unwrap();
    let trial = study.trial(0).unwrap();
    let seen = AtomicBool::new(false);
    let begun = Instant::now();
    let ended =
        runner.run(&trial, &|_, _| seen.store(true, Ordering::Relaxed), &|_| (), &|| seen.load(Ordering::Relaxed));
    assert!(matches!(ended, Err(LaunchError::Interrupted)), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(300), "{:?}", begun.elapsed());
    assert_eq!(study.find(&trial).unwrap(), None);
}

#[test]
fn retry_runs_failed_trials_again_and_only_those() {
    let folder = tempfile::tempdir().unwrap();
    let study =
        study(folder.path(), &format!("[ -e \"$0.ok\" ] || [ -e {}/ok ] || exit 1; {THREE}", folder.path().display()));
    let runner = ProgramRunner::new(&study).unwrap();
    let run = |trial: &StudyTrial, on_step: &dyn Fn(usize, f64)| runner.run(trial, on_step, &|_| (), &|| false);
    let tune = || run_locally(&study, 1, &|| false, &Silent, &run).unwrap();
    tune();
    std::fs::write(folder.path().join("ok"), "").unwrap();
    tune();
    assert!(study.records().unwrap().records[0].outcome.failed(), "a recorded failure stays until `retry`");
    assert_eq!(study.retry().unwrap().trials.len(), 1);
    tune();
    assert_eq!(study.records().unwrap().records[0].outcome, Outcome::Finished { loss: 3.0 });
    assert_eq!(study.retry().unwrap().trials.len(), 0);
}

#[test]
fn a_command_that_cannot_work_is_an_error_and_no_recorded_failure() {
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str, command: &[&str]| {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        let program = Program { command, timeout_seconds: None, threads: 1 };
        let config = StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(3, 1)]);
        Study::create(&folder.path().join(name), StudyConfig { program: Some(program), ..config }).unwrap()
    };
    let absent = with("absent", &["/no/such/program"]);
    let runner = ProgramRunner::new(&absent).unwrap();
    let error = runner.run(&absent.trial(0).unwrap(), &|_, _| (), &|_| (), &|| false).unwrap_err();
    assert!(error.to_string().contains("/no/such/program"), "{error}");
}

#[test]
fn a_program_that_a_signal_to_all_processes_ends_first_leaves_no_record() {
    let saves = "trap 'echo saved; exit 0' TERM; echo '{\"loss\": 5}'; kill -TERM $$; exit 9";
    for script in ["kill -TERM $$", "exit 130", "echo '{\"loss\": 5}'; kill -INT $$; exit 143", saves, "exit 0"] {
        let folder = tempfile::tempdir().unwrap();
        let study = study(folder.path(), script);
        let runner = ProgramRunner::new(&study).unwrap();
        let trial = study.trial(0).unwrap();
        // The worker hears of it only after the program has ended.
        let begun = Instant::now();
        let ended = runner.run(&trial, &|_, _| (), &|_| (), &|| begun.elapsed() > Duration::from_millis(300));
        assert!(matches!(ended, Err(LaunchError::Interrupted)), "{script}: {ended:?}");
        assert_eq!(study.find(&trial).unwrap(), None);
    }
    // Alone, it is the program's own affair.
    assert!(matches!(outcome("exit 130"), Outcome::Failed(Failure::Exit { code: 130, .. })));
    assert!(matches!(outcome("kill -TERM $$"), Outcome::Failed(Failure::Signal { signal: 15, .. })));
    assert_eq!(outcome(saves), Outcome::Failed(Failure::Short { reported: 1, asked: 3 }));
}
