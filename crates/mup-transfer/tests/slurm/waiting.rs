//! A launcher that waits, is stopped, and comes back.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::*;

#[test]
fn ctrl_c_leaves_the_tasks_in_the_queue_and_the_same_command_waits_for_them() {
    let cluster = Cluster::of(3);
    cluster.give("later", "");
    let launcher = cluster.start();
    cluster.await_sign("queue");
    // Asked once more, now that there is a queue: the launcher says what it hears before it looks whether to stop.
    let _ = fs::remove_file(cluster.sign("asked"));
    cluster.await_sign("asked");
    kill(Pid::from_raw(launcher.id() as i32), Signal::SIGINT).unwrap();
    let output = launcher.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(said(&output).contains("scancel 1\n"), "{}", said(&output));
    assert!(said(&output).contains("tasks of array 1 wait: PartitionTimeLimit"), "{}", said(&output));

    fs::remove_file(cluster.sign("asked")).unwrap();
    cluster.give("others", "9|RUNNING|None|of | somebody else\n");
    let launcher = cluster.start();
    cluster.await_sign("asked");
    cluster.give("go", "");
    let output = launcher.wait_with_output().unwrap();
    assert!(succeeds(&output).contains("array 1 of this study is in the queue"), "{}", said(&output));
    assert_eq!(cluster.arrays(), ["0-2"]);
    assert_eq!(cluster.n_records(), 3);
}

#[test]
fn a_launcher_that_is_killed_is_continued_by_the_same_command() {
    let cluster = Cluster::of(3);
    cluster.give("later", "");
    cluster.give("lost-1", "");
    let mut launcher = cluster.start();
    cluster.await_sign("queue");
    launcher.kill().unwrap();
    launcher.wait().unwrap();
    let _ = fs::remove_file(cluster.sign("asked"));
    fs::remove_file(cluster.sign("later")).unwrap();
    let launcher = cluster.start();
    cluster.await_sign("asked");
    cluster.give("go", "");
    let said = succeeds(&launcher.wait_with_output().unwrap());
    assert!(said.contains("2 COMPLETED, 1 NODE_FAIL"), "{said}");
    assert_eq!(cluster.arrays(), ["0-2", "1"]);
    assert_eq!(cluster.n_records(), 3);
}

#[test]
fn a_trial_that_is_missing_again_is_submitted_before_those_that_depend_on_it() {
    let cluster = Cluster::new(vec![Stage::of(2, 4), Stage::of_best(3, 2)]);
    for index in 0..4 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
        let trial = command.args(["trial", "--index", &index.to_string(), "--study"]).arg(cluster.path());
        assert!(trial.output().unwrap().status.success());
    }
    cluster.give("later", "");
    let launcher = cluster.start();
    cluster.await_sign("queue");
    // As `retry` in another terminal does with a failed trial.
    let name = Study::open(&cluster.path()).unwrap().trial(1).unwrap().name().to_owned();
    fs::remove_file(cluster.path().join(format!("trials/{name}.json"))).unwrap();
    cluster.give("go", "");
    let said = succeeds(&launcher.wait_with_output().unwrap());
    assert_eq!(cluster.arrays(), ["4-5", "1", "4-5"], "{said}");
    assert_eq!(cluster.n_records(), 6);
}

#[test]
fn a_controller_that_does_not_answer_is_waited_for() {
    let cluster = Cluster::of(2);
    cluster.give("deaf", "");
    let said = succeeds(&cluster.tune(&[]));
    assert!(said.contains("asked again and again") && said.contains("Unable to contact"), "{said}");
    assert_eq!((cluster.arrays().len(), cluster.n_records()), (1, 2));
}
