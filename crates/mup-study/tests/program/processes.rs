//! What programs start and leave behind.

use std::fs;

use super::*;

/// Whether the process whose number a file holds still runs.
fn runs(path: &Path) -> bool {
    let id = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    // A zombie waits for its parent only.
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// Starts a helper in a session of its own that holds standard output, and waits until it runs.
fn helper(before: &str, folder: &Path, work: &str) -> String {
    let sign = folder.join("helper").display().to_string();
    format!("{before} setsid sh -c 'echo $$ > \"$0\"; {work}' '{sign}' & until [ -s '{sign}' ]; do sleep 0.02; done;")
}

const SLEEPS: &str = "exec sleep 60";
const STUBBORN: &str = "trap \"\" TERM INT HUP; while :; do echo working; sleep 0.1; done";

fn run(study: &Study) -> (StudyRecord, Duration) {
    let begun = Instant::now();
    (tuned(study), begun.elapsed())
}

#[test]
fn a_helper_in_a_session_of_its_own_holds_no_trial() {
    for (before, work) in [("", SLEEPS), ("", STUBBORN), ("env -i PATH=\"$PATH\"", SLEEPS)] {
        let folder = tempfile::tempdir().unwrap();
        let (record, took) = run(&study(folder.path(), &format!("{} {THREE}", helper(before, folder.path(), work))));
        assert_eq!(record.outcome, Outcome::Finished { loss: 3.0 }, "{before} {work}");
        assert!(took < Duration::from_secs(15), "{before} {work}: {took:?}");
        assert!(record.seconds <= took.as_secs_f64() && record.seconds < 5.0, "the program's own: {}", record.seconds);
        if cfg!(target_os = "linux") {
            assert!(!runs(&folder.path().join("helper")), "{before} {work}");
        }
    }
}

#[test]
fn a_timeout_ends_a_trial_whatever_its_descendants_do() {
    let folder = tempfile::tempdir().unwrap();
    // The launcher has begun an orderly end of its own that never comes.
    let script = format!("trap 'sleep 60' TERM; {} wait; sleep 60", helper("", folder.path(), STUBBORN));
    // Long enough for a loaded machine to start the helper.
    let (record, took) = run(&study_with(folder.path(), &script, 3));
    assert_eq!(record.outcome, Outcome::Failed(Failure::TimedOut { seconds: 3 }));
    assert!(took < Duration::from_secs(20) && record.seconds < 10.0, "{took:?}, {}", record.seconds);
    if cfg!(target_os = "linux") {
        assert!(!runs(&folder.path().join("helper")));
    }
}

#[test]
fn stopping_ends_a_trial_whatever_its_descendants_do() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("trap '' TERM; {} echo '{{\"loss\": 5}}'; sleep 60", helper("", folder.path(), STUBBORN));
    let study = study(folder.path(), &script);
    let runner = ProgramRunner::new(&study).unwrap();
    let seen = AtomicBool::new(false);
    let begun = Instant::now();
    let stop = || seen.load(Ordering::Relaxed);
    let ended = runner.run(&study.trial(0).unwrap(), &|_, _| seen.store(true, Ordering::Relaxed), &|_| (), &stop);
    assert!(matches!(ended, Err(LaunchError::Interrupted)), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    if cfg!(target_os = "linux") {
        assert!(!runs(&folder.path().join("helper")));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_that_a_program_leaves_for_others_outlives_its_end_but_no_timeout() {
    use nix::sys::signal::{Signal, kill};
    let daemon = |streams: &str| {
        let folder = tempfile::tempdir().unwrap();
        (format!("{} sleep 0.1;", helper("", folder.path(), &format!("exec sleep 60 {streams}"))), folder)
    };
    let (started, folder) = daemon(">/dev/null 2>&1");
    let place = folder.path().join("helper");
    assert_eq!(run(&study(folder.path(), &format!("{started} {THREE}"))).0.outcome, Outcome::Finished { loss: 3.0 });
    assert!(runs(&place), "left for others");
    let id = fs::read_to_string(&place).unwrap().trim().parse().unwrap();
    kill(nix::unistd::Pid::from_raw(id), Signal::SIGKILL).unwrap();
    // It still speaks for the trial.
    let (started, folder) = daemon(">/dev/null");
    run(&study(folder.path(), &format!("{started} {THREE}")));
    assert!(!runs(&folder.path().join("helper")));
    let (started, folder) = daemon(">/dev/null 2>&1");
    run(&study_with(folder.path(), &format!("{started} sleep 60"), 3));
    assert!(!runs(&folder.path().join("helper")), "a trial that is ended is ended with everything");
}

#[test]
fn a_program_that_says_much_when_it_is_asked_to_end_comes_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    // More than a pipe holds.
    let says = format!("head -c 1000000 /dev/zero | tr \"\\0\" x; touch \"{}\"; exit 0", saved.display());
    let script = format!("trap '{says}' TERM; echo '{{\"loss\": 5}}'; while :; do sleep 0.05; done");
    let study = study(folder.path(), &script);
    let runner = ProgramRunner::new(&study).unwrap();
    let seen = AtomicBool::new(false);
    let stop = || seen.load(Ordering::Relaxed);
    let ended = runner.run(&study.trial(0).unwrap(), &|_, _| seen.store(true, Ordering::Relaxed), &|_| (), &stop);
    assert!(matches!(ended, Err(LaunchError::Interrupted)), "{ended:?}");
    assert!(saved.exists(), "it was killed while it waited for a reader");
}

#[test]
fn the_end_of_one_trial_leaves_the_helpers_of_another_alone() {
    let folder = tempfile::tempdir().unwrap();
    let quick = format!("setsid sleep 60 & sleep 0.2; {THREE}");
    let slow = format!("setsid sleep 60 & helper=$!; sleep 0.7; kill -0 $helper || exit 9; {THREE}");
    let study = study(folder.path(), &format!("if [ $MUP_SEED = 1 ]; then {quick} else {slow} fi"));
    let trial = study.trial(0).unwrap();
    let runner = ProgramRunner::new(&study).unwrap();
    let run = |seed| {
        let trial = StudyTrial::new(0, trial.sample, Trial { seed, ..trial.trial().clone() });
        runner.run(&trial, &|_, _| (), &|_| (), &|| false).unwrap().failure
    };
    let failures = std::thread::scope(|scope| [1, 2].map(|seed| scope.spawn(move || run(seed))).map(|one| one.join()));
    assert!(failures.iter().all(|failure| matches!(failure, Ok(None))), "{failures:?}");
}

#[test]
fn python_is_told_to_keep_nothing_back() {
    assert_eq!(outcome(&format!("[ \"$PYTHONUNBUFFERED\" = 1 ] || exit 5; {THREE}")), Outcome::Finished { loss: 3.0 });
}

#[test]
fn a_signal_is_not_taken_for_a_lack_of_memory_without_evidence() {
    let killed = Failure::Signal { signal: 9, said: "step 3\n".to_owned() }.to_string();
    assert_eq!(killed, "killed by signal 9: step 3");
}
