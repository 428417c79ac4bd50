//! `tune --launcher slurm` against commands that stand in for Slurm's. The real one: `cluster/study.sh`.

#![cfg(all(unix, feature = "cli"))]

mod answers;
mod options;
mod waiting;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mup_study::{Program, Space, Stage, Study, StudyConfig};

/// A study in a folder as awkward as folders can be, and a cluster.
struct Cluster {
    folder: tempfile::TempDir,
}

const LOSSES: &str = r#"for loss in 5 4 3; do echo "{\"loss\": $loss}"; done"#;

impl Cluster {
    fn new(stages: Vec<Stage>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let command = ["sh", "-c", LOSSES].map(str::to_owned).to_vec();
        let program = Program { command, timeout_seconds: Some(90), threads: 2 };
        let config = StudyConfig::new(Space::named("rate").unwrap(), stages);
        let cluster = Self { folder };
        Study::create(&cluster.path(), StudyConfig { program: Some(program), ..config }).unwrap();
        cluster
    }

    fn of(trials: usize) -> Self {
        Self::new(vec![Stage::of(3, trials)])
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("it's $HOME of a \"study\", 100% %A | &")
    }

    /// A file by which the commands are told what to do, or tell what they did.
    fn sign(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn give(&self, name: &str, content: &str) {
        fs::write(self.sign(name), content).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let commands = std::path::absolute("tests/slurm/bin").unwrap();
        let path = format!("{}:{}", commands.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
        command.arg("tune").arg(self.path()).args(["--launcher", "slurm"]).args(arguments);
        if !arguments.contains(&"--settle") {
            command.args(["--settle", "0"]);
        }
        command.env("PATH", path).env("FAKE", self.folder.path()).env("SQUEUE_STATES", "SUSPENDED");
        command
    }

    fn tune(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn start(&self) -> Child {
        self.command(&[]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
    }

    /// Waits until a command has left a sign.
    fn await_sign(&self, name: &str) {
        let begun = Instant::now();
        while !self.sign(name).exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no {name}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The arrays asked for, one line each.
    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.sign("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn arrays(&self) -> Vec<String> {
        let array = |call: &String| call.split("[--array=").nth(1)?.split(']').next().map(str::to_owned);
        self.calls().iter().filter_map(array).collect()
    }

    fn n_records(&self) -> usize {
        Study::open(&self.path()).unwrap().records().unwrap().records.len()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

fn fails(output: &Output) -> String {
    fails_with(1, output)
}

/// As for arguments that make no sense together.
fn refused(output: &Output) -> String {
    fails_with(2, output)
}

fn fails_with(code: i32, output: &Output) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    said(output)
}

#[test]
fn every_trial_is_recorded_by_arrays_no_larger_than_slurm_allows() {
    let cluster = Cluster::of(10);
    cluster.give("limit", "4");
    let said = succeeds(&cluster.tune(&["--throttle", "2"]));
    assert_eq!(cluster.arrays(), ["0-3%2", "0-3%2", "0-1%2"]);
    let firsts = ["[0]", "[4]", "[8]"];
    assert!(cluster.calls().iter().zip(firsts).all(|(call, first)| call.contains(&format!("slurm-task.sh]{first}"))));
    assert_eq!(cluster.n_records(), 10);
    assert_eq!(said.matches("loss 3.0").count(), 10, "each record is shown when it has come: {said}");
    succeeds(&cluster.tune(&[]));
    assert_eq!(cluster.calls().len(), 3, "nothing is submitted for what is finished");
}

#[test]
fn tasks_that_are_lost_are_submitted_again_and_no_others() {
    let cluster = Cluster::of(6);
    for task in ["lost-1", "lost-3", "lost-4"] {
        cluster.give(task, "");
    }
    let said = succeeds(&cluster.tune(&[]));
    assert_eq!(cluster.arrays(), ["0-5", "1,3-4"]);
    assert!(said.contains("3 COMPLETED, 3 NODE_FAIL") && said.contains("without a record: 1,3-4"), "{said}");
    assert_eq!(cluster.n_records(), 6);
}

#[test]
fn a_record_that_a_shared_file_system_shows_late_is_waited_for() {
    let cluster = Cluster::of(2);
    cluster.give("late", "");
    succeeds(&cluster.tune(&["--settle", "60"]));
    assert_eq!((cluster.arrays().len(), cluster.n_records()), (1, 2));
}

#[test]
fn a_later_stage_is_submitted_when_the_one_before_has_ended() {
    let cluster = Cluster::new(vec![Stage::of(2, 4), Stage::of_best(3, 2)]);
    cluster.give("lost-2", "");
    succeeds(&cluster.tune(&[]));
    assert_eq!(cluster.arrays(), ["0-3", "2", "4-5"]);
    assert_eq!(cluster.n_records(), 6);
}

#[test]
fn rounds_without_a_record_end_and_a_tasks_log_is_shown() {
    let cluster = Cluster::of(3);
    cluster.give("lost", "");
    let said = fails(&cluster.tune(&[]));
    assert_eq!(cluster.arrays(), ["0-2", "0-2", "0-2"]);
    assert!(said.contains("the node of task 0 burns") && said.contains("3 NODE_FAIL"), "{said}");
    assert!(said.contains("trials 0-2, submitted 3 times"), "{said}");
}

#[test]
fn a_record_that_is_damaged_is_run_again() {
    let cluster = Cluster::of(3);
    succeeds(&cluster.tune(&[]));
    let record = fs::read_dir(cluster.path().join("trials")).unwrap().next().unwrap().unwrap().path();
    fs::write(&record, "{").unwrap();
    succeeds(&cluster.tune(&[]));
    assert_eq!(cluster.calls().len(), 2);
    assert_eq!(cluster.n_records(), 3);
}

#[test]
fn what_is_missing_is_printed_as_schedulers_take_it() {
    let cluster = Cluster::of(5);
    let missing = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
        let output = command.arg("status").arg(cluster.path()).arg("--missing").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(missing(), "0-4\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
    assert!(command.args(["trial", "--index", "2", "--study"]).arg(cluster.path()).status().unwrap().success());
    assert_eq!(missing(), "0-1,3-4\n");
}
