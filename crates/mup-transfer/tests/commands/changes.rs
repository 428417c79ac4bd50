//! What changes under a study: its folder, its description, its program, its records.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// Three trials of which the first waits until it may go on.
struct Waiting(tempfile::TempDir);

impl Waiting {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let waits = "[ -e \"$1/begun\" ] || { touch \"$1/begun\"; until [ -e \"$1/go\" ]; do sleep 0.02; done; }";
        let script = format!("{waits}; for loss in 5 4 3; do echo \"{{{{\\\"loss\\\": $loss}}}}\"; done");
        let study = place.path("study");
        let new = ["new", &study, "--steps", "3", "--trials", "3", "--", "sh", "-c", &script, "sh", &place.path("")];
        succeed(program(new));
        place
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn tune(&self) -> Child {
        let mut tune = program(["tune", &self.path("study"), "--jobs", "1"]);
        tune.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// What `tune` says if that is done while its first trial runs.
    fn tuned_while(&self, change: impl FnOnce()) -> Output {
        let tune = self.tune();
        self.await_file("begun");
        change();
        fs::write(self.path("go"), "").unwrap();
        tune.wait_with_output().unwrap()
    }

    fn await_file(&self, name: &str) {
        let begun = Instant::now();
        while !self.0.path().join(name).exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no {name}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_study_that_is_moved_while_it_runs_is_noticed_and_goes_on_where_it_is() {
    let place = Waiting::new();
    let output = place.tuned_while(|| fs::rename(place.path("study"), place.path("moved")).unwrap());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the study was moved or deleted while this ran") && said.contains("same command"), "{said}");
    assert!(!place.0.path().join("study").exists(), "no folder without a study");
    assert!(succeed(program(["tune", &place.path("moved")])).contains("3 finished"));
}

#[test]
fn a_description_that_is_deleted_while_it_runs_is_noticed() {
    let place = Waiting::new();
    let output = place.tuned_while(|| fs::remove_file(place.path("study/study.toml")).unwrap());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("study.toml was moved or deleted while this ran"), "{said}");
}

#[test]
fn a_study_that_is_edited_while_it_runs_is_not_finished_and_the_same_command_goes_on() {
    let place = Waiting::new();
    let file = place.path("study/study.toml");
    let edit = |from: &str, to: &str| {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replace(from, to)).unwrap();
    };
    let output = place.tuned_while(|| edit("trials = 3", "trials = 5"));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("was edited while this ran (stages: ") && said.contains("same command"), "{said}");
    assert!(succeed(program(["tune", &place.path("study")])).contains("5 finished"));
    // What changes no trial stops none.
    let place = Waiting::new();
    let file = place.path("study/study.toml");
    let output = place.tuned_while(|| {
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("[target]", "[target]\nwidth = 4096")).unwrap();
    });
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn who_waits_for_another_worker_says_once_for_which_trial_and_process() {
    let place = Waiting::new();
    let first = place.tune();
    place.await_file("begun");
    let id = first.id();
    let mut second = place.tune();
    let mut lines = BufReader::new(second.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut heard = Vec::new();
    for line in lines.by_ref() {
        heard.push(line);
        if heard.last().is_some_and(|line| line.starts_with("waiting for")) {
            break;
        }
    }
    fs::write(place.path("go"), "").unwrap();
    heard.extend(lines);
    let said = heard.join("\n");
    assert_eq!(said.matches(&format!("is run by process {id}")).count(), 1, "{said}");
    assert!(said.contains("waiting for stage 0 sample 0 seed 0, which"), "{said}");
    assert!(first.wait_with_output().unwrap().status.success() && second.wait().unwrap().success());
}

#[test]
fn a_program_that_is_edited_is_told_by_status_tune_and_choose_with_the_trials_before() {
    let folder = tempfile::tempdir().unwrap();
    let here = |arguments: &[&str]| {
        let mut command = program(arguments);
        command.current_dir(folder.path());
        command
    };
    let write = |end: f64| {
        fs::write(folder.path().join("t.sh"), format!("echo '{{\"loss\": 5}}'; echo '{{\"loss\": {end}}}'\n")).unwrap();
    };
    write(3.0);
    succeed(here(&["new", "study", "--steps", "2", "--trials", "3", "--", "sh", "t.sh"]));
    succeed(here(&["tune", "study"]));
    assert!(!succeed(here(&["status", "study"])).contains("has changed"), "nothing has");
    write(2.5);
    let said = "`t.sh` has changed since 3 of 3 trials";
    assert!(succeed(here(&["status", "study"])).contains(said));
    let file = folder.path().join("study/study.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("trials = 3", "trials = 5")).unwrap();
    let output = here(&["tune", "study"]).output().unwrap();
    assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    let said = "`t.sh` has changed since 3 of 5 trials";
    assert!(text(&output.stdout).contains(said), "{}", text(&output.stdout));
    for command in ["status", "choose", "report"] {
        assert!(succeed(here(&[command, "study"])).contains(said), "{command}");
    }
    // Where the file is not, what trials ran with is compared among them.
    let elsewhere = succeed(program(["status", folder.path().join("study").to_str().unwrap()]));
    assert!(elsewhere.contains("`t.sh` was another in 2 of 5 trials than in the rest"), "{elsewhere}");
}

#[test]
fn a_record_that_cannot_be_read_is_neither_called_damaged_nor_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    tuned(&study, 4);
    let name = study.to_str().unwrap();
    let record = fs::read_dir(study.join("trials")).unwrap().map(|entry| entry.unwrap().path()).next().unwrap();
    fs::remove_file(&record).unwrap();
    fs::create_dir(&record).unwrap();
    let status = succeed(program(["status", name]));
    assert!(status.contains("not used, and not run again: ") && status.contains("it is a folder: move it away"));
    assert!(!status.contains("damaged"), "{status}");
    let choice = succeed(program(["choose", name]));
    assert!(
        choice.contains("1 record is not readable here and took no part") && !choice.contains("damaged"),
        "{choice}"
    );
    let output = run(["tune", name]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be read: it is a folder: move it away"), "{said}");
    fs::remove_dir(&record).unwrap();
    assert!(succeed(program(["tune", name])).contains("4 finished"));
}

#[test]
fn what_needs_no_trial_prints_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    tuned(&study, 2);
    assert_eq!(succeed(program(["status", study.to_str().unwrap(), "--missing"])), "");
}
