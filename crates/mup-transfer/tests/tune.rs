//! `tune` as a shell sees it: how it ends, and what it says.

#![cfg(all(unix, feature = "cli"))]

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[path = "../../mup-study/tests/running/mod.rs"]
mod running;
use running::running;

/// A folder with a study in it, whose trials run a shell script.
struct Place(tempfile::TempDir);

impl Place {
    fn new(trials: usize, steps: usize, script: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let mut new = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
        new.arg("new").arg(place.study()).args(["--trials", &trials.to_string(), "--steps", &steps.to_string()]);
        let output = new.args(["--", "sh", "-c", script, "sh"]).arg(place.0.path()).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        place
    }

    fn study(&self) -> PathBuf {
        self.0.path().join("study")
    }

    fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
        command.arg(name).arg(self.study()).args(arguments).stderr(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    fn tune(&self, arguments: &[&str]) -> Output {
        self.command("tune", arguments).output().unwrap()
    }

    fn n_records(&self) -> usize {
        // Made with the first record.
        let entries = fs::read_dir(self.study().join("trials")).into_iter().flatten();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().ends_with(".json")).count()
    }
}

/// Ends what a trial left whose process wrote its number into a file `….pid`, also where a test fails.
impl Drop for Place {
    fn drop(&mut self) {
        let entries = fs::read_dir(self.0.path()).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in entries.filter(|path| path.extension().is_some_and(|extension| extension == "pid")) {
            // Its number may be a stranger's by now.
            let variables = |id: &Pid| fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            let folder = self.0.path().as_os_str().as_bytes();
            let ours = |id: &Pid| variables(id).windows(folder.len()).any(|part| part == folder);
            if let Some(id) = running(&path).filter(ours) {
                let _ = kill(id, Signal::SIGKILL);
            }
        }
    }
}

/// Both streams.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const THREE: &str = r#"for loss in 5 4 3; do echo "{\"loss\": $loss}"; done"#;

#[test]
fn a_finished_study_ends_with_0_and_failed_trials_with_their_own_number() {
    assert_eq!(Place::new(2, 3, THREE).tune(&["--jobs", "1"]).status.code(), Some(0));
    let place = Place::new(2, 3, "echo no data >&2; exit 3");
    let output = place.tune(&["--jobs", "1"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert_eq!(place.tune(&[]).status.code(), Some(4), "as long as they are failed");
    let help = place.command("tune", &["--help"]).output().unwrap();
    assert!(said(&help).contains("4    trials failed"), "{}", said(&help));
    assert_eq!(place.tune(&["--no-such"]).status.code(), Some(2));
    assert_eq!(place.command("tune", &[]).arg("more").output().unwrap().status.code(), Some(2));
}

/// Whether a trial has failed later than "at once", so that a test says nothing: a process may take a second to start on a
/// busy machine.
fn was_slow(place: &Place) -> bool {
    let entries = fs::read_dir(place.study().join("trials")).into_iter().flatten().map(|entry| entry.unwrap().path());
    let seconds = |path: PathBuf| {
        let record: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        record["record"]["seconds"].as_f64().or(record["seconds"].as_f64()).expect("a record has its seconds")
    };
    let is_record = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    entries.filter(is_record).any(|path| seconds(path) >= 1.0)
}

#[test]
fn a_script_that_is_not_found_is_started_a_few_times_and_shown() {
    for jobs in ["1", "2"] {
        assert!((0..50).any(|_| fails_at_once(jobs).is_some()), "this machine takes a second to start a process");
    }
}

/// None if it was slow.
fn fails_at_once(jobs: &str) -> Option<()> {
    let place = Place::new(40, 3, "exec sh /no/such/script.sh");
    let unless_slow = |output: Output| (!was_slow(&place)).then_some(output);
    let output = unless_slow(place.tune(&["--jobs", jobs]))?;
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let records = place.n_records();
    assert!((3..=5).contains(&records), "{records} with {jobs} jobs");
    let text = said(&output);
    assert!(text.contains("/no/such/script.sh") && text.contains("failed within a second"), "{text}");
    assert!(text.contains("what the first said is in") && text.contains("retry"), "{text}");
    assert!(text.contains("--keep-going"), "{text}");
    // Nothing has changed, so nothing is started; a log that is gone is not named.
    fs::remove_dir_all(place.study().join("logs")).unwrap();
    let output = place.tune(&[]);
    let why = said(&output);
    assert_eq!((output.status.code(), place.n_records()), (Some(4), records), "{why}");
    let first = format!("the first {records} trials all failed within a second, before this command");
    assert!(why.contains(&first) && why.contains("/no/such/script.sh"), "{why}");
    assert!(why.contains("use `retry` and `tune` again") && !why.contains("what the first said"), "{why}");
    // After `retry` a few are.
    assert!(place.command("retry", &[]).output().unwrap().status.success());
    let output = unless_slow(place.tune(&["--jobs", "1"]))?;
    assert_eq!((output.status.code(), place.n_records()), (Some(4), 3), "{}", said(&output));
    assert!(!said(&output).contains("before this command"), "{}", said(&output));
    assert_eq!(place.tune(&["--keep-going"]).status.code(), Some(4));
    assert_eq!(place.n_records(), 40);
    Some(())
}

#[test]
fn failures_after_a_trial_that_worked_or_took_a_while_stop_nothing() {
    let first = |works: &str| format!("[ -e \"$1/one\" ] && exit 3; touch \"$1/one\"; {works}");
    for works in [THREE, "sleep 1.1; exit 3", "echo '{\"loss\": nan}'; exit 1"] {
        let place = Place::new(8, 3, &first(works));
        let output = place.tune(&["--jobs", "1"]);
        assert_eq!((output.status.code(), place.n_records()), (Some(4), 8), "{}", said(&output));
    }
}

#[test]
fn failures_after_a_result_of_an_earlier_tune_stop_nothing() {
    // One works, one takes a while and is interrupted: the worker ends with a result on the disk.
    let script =
        format!("[ -e \"$1/one\" ] || {{ touch \"$1/one\"; {THREE}; exit; }}; [ -e \"$1/go\" ] || sleep 600; exit 3");
    let place = Place::new(8, 3, &script);
    let tune = place.command("tune", &["--jobs", "1"]).spawn().unwrap();
    let begun = Instant::now();
    while place.n_records() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(300), "no record");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(tune.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(wait(tune, Duration::from_secs(300)).status.code(), Some(130));
    assert_eq!(place.n_records(), 1);
    fs::write(place.0.path().join("go"), "").unwrap();
    let output = place.tune(&["--jobs", "1"]);
    assert_eq!((output.status.code(), place.n_records()), (Some(4), 8), "{}", said(&output));
}

#[test]
fn more_steps_than_asked_for_and_odd_paperwork_are_said_by_tune_and_status() {
    let place = Place::new(2, 2, &format!("{THREE}; echo '{{\"tokens\": 0.5}}'"));
    for output in [place.tune(&["--jobs", "1"]), place.command("status", &[]).output().unwrap()] {
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let said = said(&output);
        assert!(said.contains("reported 3 steps where 2 were asked for"), "{said}");
        assert!(said.contains("reported `tokens` as 0.5"), "{said}");
    }
}

/// A library under which every lock is refused; none without a C compiler.
fn no_locks(folder: &Path) -> Option<PathBuf> {
    let source = "#include <errno.h>\n#include <stdlib.h>\nint flock(int file, int operation) {\n\
                  (void)file; (void)operation; errno = atoi(getenv(\"REFUSAL\")); return -1; }\n";
    let (code, library) = (folder.join("refuse.c"), folder.join("refuse.so"));
    fs::write(&code, source).unwrap();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&code).status();
    compiled.is_ok_and(|status| status.success()).then_some(library)
}

#[test]
fn a_file_system_without_locks_costs_a_warning_and_nothing_else() {
    let place = Place::new(3, 3, THREE);
    let Some(library) = no_locks(place.0.path()).filter(|_| cfg!(target_os = "linux")) else {
        eprintln!("skipped: no C compiler, or not on Linux");
        return;
    };
    // EPERM, EIO, ENOLCK, ENOSYS, EOPNOTSUPP, ESTALE.
    for number in ["1", "5", "37", "38", "95", "116"] {
        let place = Place::new(3, 3, THREE);
        let mut tune = place.command("tune", &["--jobs", "2"]);
        let output = tune.env("LD_PRELOAD", &library).env("REFUSAL", number).output().unwrap();
        assert_eq!((output.status.code(), place.n_records()), (Some(0), 3), "{number}: {}", said(&output));
        assert_eq!(said(&output).matches("can be locked here").count(), 1, "{number}: {}", said(&output));
    }
}

fn wait(child: Child, limit: Duration) -> Output {
    let (id, begun) = (child.id(), Instant::now());
    let waiter = std::thread::spawn(move || child.wait_with_output().unwrap());
    while !waiter.is_finished() {
        assert!(begun.elapsed() < limit, "process {id} does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    waiter.join().unwrap()
}

#[test]
fn one_ctrl_c_ends_tune_within_seconds_whatever_its_trials_do() {
    let stubborn = "trap '' TERM INT HUP; while :; do echo working; sleep 0.1; done";
    let script = format!("trap '' TERM INT; touch \"$1/begun\"; setsid sh -c \"{stubborn}\" & {stubborn}");
    let place = Place::new(4, 3, &script);
    let child = place.command("tune", &["--jobs", "2"]).spawn().unwrap();
    let begun = Instant::now();
    while !place.0.path().join("begun").exists() {
        assert!(begun.elapsed() < Duration::from_secs(300));
        std::thread::sleep(Duration::from_millis(50));
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let output = wait(child, Duration::from_secs(300));
    assert_eq!((output.status.code(), place.n_records()), (Some(130), 0), "{}", said(&output));
}

/// Waits for a file.
fn await_file(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < Duration::from_secs(300), "no {}", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_trial_whose_worker_lives_is_left_alone_by_another_that_runs_the_same() {
    // The first waits until the other has ended.
    let script = format!(
        "mkdir \"$1/first\" || {{ {THREE}; exit; }}; until [ -e \"$1/go\" ]; do sleep 0.02; done; touch \"$1/well\"; {THREE}"
    );
    let place = Place::new(1, 3, &script);
    let trial = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
        command.args(["trial", "--index", "0", "--study"]).arg(place.study());
        command.stderr(Stdio::piped()).stdout(Stdio::piped());
        command
    };
    let first = trial().spawn().unwrap();
    await_file(&place.0.path().join("first"));
    let second = trial().output().unwrap();
    fs::write(place.0.path().join("go"), "").unwrap();
    let first = wait(first, Duration::from_secs(300));
    assert_eq!((first.status.code(), second.status.code()), (Some(0), Some(0)), "{} {}", said(&first), said(&second));
    assert!(place.0.path().join("well").exists() && !said(&second).contains("still ran"), "{}", said(&second));
    assert_eq!(place.n_records(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_silent_trial_whose_worker_was_killed_is_ended_before_it_begins_anew() {
    // It says nothing, so no closed pipe ends it; beside it a helper.
    let silent = "trap '' TERM HUP INT; sh -c 'echo $$ > \"$1/helper.pid\"; exec sleep 600' sh \"$1\" & \
                  until [ -s \"$1/helper.pid\" ]; do sleep 0.02; done; echo $$ > \"$1/id\"; mv \"$1/id\" \"$1/first.pid\"; \
                  while :; do sleep 0.1; done";
    let place = Place::new(2, 3, &format!("if [ -e \"$1/first.pid\" ]; then {THREE}; else {silent}; fi"));
    let mut tune = place.command("tune", &["--jobs", "1"]).spawn().unwrap();
    let [first, helper] = ["first.pid", "helper.pid"].map(|name| place.0.path().join(name));
    await_file(&first);
    tune.kill().unwrap();
    tune.wait().unwrap();
    assert!(running(&first).is_some() && running(&helper).is_some(), "nobody has ended them");
    let output = place.tune(&["--jobs", "1"]);
    assert_eq!((output.status.code(), place.n_records()), (Some(0), 2), "{}", said(&output));
    assert_eq!((running(&first), running(&helper)), (None, None), "{}", said(&output));
    assert!(said(&output).contains("still ran for a worker that was killed"), "{}", said(&output));
    assert!(said(&output).contains("processes were ended, and it begins anew"), "{}", said(&output));
    assert_eq!(said(&output).matches("still ran").count(), 1, "of the other sample nothing ran: {}", said(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_of_a_trial_whose_worker_has_ended_well_is_no_orphan() {
    let daemon = "setsid sh -c 'echo $$ > \"$1/daemon.pid\"; exec sleep 600' sh \"$1\" > /dev/null 2>&1 < /dev/null & \
         until [ -s \"$1/daemon.pid\" ]; do sleep 0.02; done; exit 3";
    let place = Place::new(1, 3, &format!("[ -e \"$1/daemon.pid\" ] || {{ {daemon}; }}; {THREE}"));
    assert_eq!(place.tune(&[]).status.code(), Some(4));
    assert!(place.command("retry", &[]).output().unwrap().status.success());
    let output = place.tune(&[]);
    let left = running(&place.0.path().join("daemon.pid"));
    assert!(left.is_some() && !said(&output).contains("still ran"), "{}", said(&output));
}

/// A trial that ignores signals, and two Ctrl-C; none if the second came too late, after the three seconds of the first, so
/// that the trial runs no more.
fn interrupted_twice() -> Option<(Place, Output)> {
    let silent = "trap 'touch \"$1/asked\"' TERM; trap '' INT HUP; echo $$ > \"$1/id\"; mv \"$1/id\" \"$1/first.pid\"; \
                  while :; do sleep 0.1; done";
    let place = Place::new(1, 3, &format!("if [ -e \"$1/first.pid\" ]; then {THREE}; else {silent}; fi"));
    let child = place.command("tune", &[]).spawn().unwrap();
    let id = Pid::from_raw(child.id() as i32);
    let first = place.0.path().join("first.pid");
    await_file(&first);
    kill(id, Signal::SIGINT).unwrap();
    await_file(&place.0.path().join("asked"));
    let _ = kill(id, Signal::SIGINT);
    let output = wait(child, Duration::from_secs(300));
    assert_eq!((output.status.code(), place.n_records()), (Some(130), 0), "{}", said(&output));
    let in_time = running(&first).is_some() || !cfg!(target_os = "linux");
    in_time.then_some((place, output))
}

#[test]
fn a_second_ctrl_c_ends_tune_at_once_and_the_same_command_what_it_left() {
    let (place, output) = (0..50).find_map(|_| interrupted_twice()).expect("one of fifty comes within three seconds");
    assert!(!said(&output).contains("stopped;") || !cfg!(target_os = "linux"), "at once: {}", said(&output));
    let at_once = said(&output).matches("stopped at once: what ran is not recorded").count();
    assert!(at_once == 1 || !cfg!(target_os = "linux"), "{}", said(&output));
    let output = place.tune(&[]);
    assert_eq!((output.status.code(), place.n_records()), (Some(0), 1), "{}", said(&output));
    if cfg!(target_os = "linux") {
        assert!(said(&output).contains("still ran for a worker that was killed"), "{}", said(&output));
    }
}

#[test]
fn a_line_of_300_mb_takes_less_than_50_mb() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let place = Place::new(1, 3, &format!("head -c 300000000 /dev/zero | tr '\\0' '.'; {THREE}"));
    let child = place.command("tune", &[]).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watch = std::thread::spawn(move || wait(child, Duration::from_secs(300)));
    let mut peak = 0;
    while !watch.is_finished() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = watch.join().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!((1..50_000).contains(&peak), "{peak} kB");
}
