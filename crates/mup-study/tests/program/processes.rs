//! What programs start and leave behind.

use std::fs;

use super::running::running;
use super::*;

/// Whether the process whose number a file holds still runs.
fn runs(path: &Path) -> bool {
    assert!(path.exists(), "no {}", path.display());
    running(path).is_some()
}

/// Starts a helper in a session of its own, which holds standard output unless its streams lead elsewhere, and waits until
/// it runs.
fn helper(before: &str, folder: &Path, work: &str, streams: &str) -> String {
    let sign = folder.join("helper").display().to_string();
    let start = format!("{before} setsid sh -c 'echo $$ > \"$0\"; {work}' '{sign}' {streams} &");
    format!("{start} until [ -s '{sign}' ]; do sleep 0.02; done;")
}

const SLEEPS: &str = "exec sleep 600";
const STUBBORN: &str = "trap \"\" TERM INT HUP; while :; do echo working; sleep 0.1; done";
/// What waits for a helper that sleeps takes longer.
const SOON: Duration = Duration::from_secs(300);

fn run(study: &Study) -> (StudyRecord, Duration) {
    let begun = Instant::now();
    (tuned(study), begun.elapsed())
}

/// Runs a script that starts the helper and goes on for ever, with a timeout within which this machine has started it.
fn run_into_timeout(script: &dyn Fn(&Path) -> String) -> (StudyRecord, Duration, tempfile::TempDir) {
    for seconds in [2, 20, 200] {
        let folder = tempfile::tempdir().unwrap();
        let (record, took) = run(&study_with(folder.path(), &script(folder.path()), seconds));
        assert_eq!(record.outcome, Outcome::Failed(Failure::TimedOut { seconds }));
        if fs::read(folder.path().join("helper")).is_ok_and(|id| !id.is_empty()) {
            return (record, took, folder);
        }
    }
    panic!("the helper was not started within 200 seconds");
}

#[test]
fn a_helper_in_a_session_of_its_own_holds_no_trial() {
    for (before, work) in [("", SLEEPS), ("", STUBBORN), ("env -i PATH=\"$PATH\"", SLEEPS)] {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("{} {THREE}", helper(before, folder.path(), work, ""));
        let (record, took) = run(&study(folder.path(), &script));
        assert_eq!(record.outcome, Outcome::Finished { loss: 3.0 }, "{before} {work}");
        assert!(took < SOON, "{before} {work}: {took:?}");
        if cfg!(target_os = "linux") {
            assert!(!runs(&folder.path().join("helper")), "{before} {work}");
            // The program's own: a stubborn helper is given a second.
            let ending = if work == STUBBORN { 1.0 } else { 0.0 };
            assert!(record.seconds + ending <= took.as_secs_f64(), "{work}: {} of {took:?}", record.seconds);
        }
    }
}

#[test]
fn a_timeout_ends_a_trial_whatever_its_descendants_do() {
    // The launcher has begun an orderly end of its own that never comes.
    let script = |folder: &Path| format!("trap 'sleep 600' TERM; {} wait; sleep 600", helper("", folder, STUBBORN, ""));
    let (record, took, folder) = run_into_timeout(&script);
    // Three seconds are theirs to end in.
    assert!(took < SOON && record.seconds + 3.0 <= took.as_secs_f64(), "{took:?}, {}", record.seconds);
    if cfg!(target_os = "linux") {
        assert!(!runs(&folder.path().join("helper")));
    }
}

#[test]
fn stopping_ends_a_trial_whatever_its_descendants_do() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("trap '' TERM; {} echo '{{\"loss\": 5}}'; sleep 600", helper("", folder.path(), STUBBORN, ""));
    let study = study(folder.path(), &script);
    let runner = ProgramRunner::new(&study).unwrap();
    let seen = AtomicBool::new(false);
    let begun = Instant::now();
    let stop = || seen.load(Ordering::Relaxed);
    let ended = runner.run(&study.trial(0).unwrap(), &|_, _| seen.store(true, Ordering::Relaxed), &|_| (), &stop);
    assert!(matches!(ended, Err(LaunchError::Interrupted)), "{ended:?}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
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
        (helper("", folder.path(), SLEEPS, streams), folder)
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
    let away = |folder: &Path| format!("{} sleep 600", helper("", folder, SLEEPS, ">/dev/null 2>&1"));
    let (_, _, folder) = run_into_timeout(&away);
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
    let [begun, ended] = ["begun", "ended"].map(|name| folder.path().join(name));
    let until = |place: &Path| format!("until [ -e '{}' ]; do sleep 0.02; done;", place.display());
    let quick = format!("setsid sleep 600 & {} {THREE}", until(&begun));
    let check = format!("touch '{}'; {} kill -0 $helper || exit 9; {THREE}", begun.display(), until(&ended));
    let slow = format!("setsid sleep 600 & helper=$!; {check}");
    let study = study(folder.path(), &format!("if [ $MUP_SEED = 1 ]; then {quick} else {slow} fi"));
    let trial = study.trial(0).unwrap();
    let runner = ProgramRunner::new(&study).unwrap();
    let run = |seed| {
        let trial = StudyTrial::new(0, trial.sample, Trial { seed, ..trial.trial().clone() });
        let failure = runner.run(&trial, &|_, _| (), &|_| (), &|| false).unwrap().failure;
        fs::write(&ended, "").unwrap();
        failure
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
