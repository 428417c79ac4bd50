//! Ctrl-C, closed pipes, closed terminals.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::place::{Place, files, forget, json, name, silent, succeed, text, trials_of, wait_until};

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, signal: &str) {
    signal_all(&[child.id()], signal);
}

/// By one command, so that hardly any time passes between the first and the last.
fn signal_all(ids: &[u32], signal: &str) {
    let ids = ids.iter().map(u32::to_string);
    Command::new("kill").arg(signal).args(ids).stderr(Stdio::null()).status().unwrap();
}

/// That it stopped as a user who stopped it expects; false if it had ended before it was asked to, as it may on a busy
/// machine.
#[must_use]
fn stopped(output: &Output) -> bool {
    let said = text(&output.stderr);
    if output.status.success() {
        println!("too late, again");
        return false;
    }
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("the same command continues") && !said.contains("error"), "{said}");
    true
}

#[test]
fn ctrl_c_in_tuning_keeps_what_is_finished_and_the_same_command_continues() {
    let grid = "--rates=-9:-3:0.25";
    for (word, alone) in [("-INT", true), ("-TERM", false)] {
        let place = loop {
            let place = Place::new();
            let worker = start(&mut place.tune(&[grid, "--jobs=2"]));
            wait_until("a trial has ended", || !place.records().is_empty());
            // As a scheduler does it: the trials hear of it too, maybe earlier.
            let trials = if alone { Vec::new() } else { trials_of(&place.study()) };
            signal_all(&[&trials[..], &[worker.id()]].concat(), word);
            if stopped(&worker.wait_with_output().unwrap()) {
                break place;
            }
        };
        let before = place.finished_results();
        let status = json(&succeed(&mut place.tune(&[grid, "--json"])));
        assert_eq!((&status["finished"], &status["failed"]), (&25.into(), &0.into()));
        let after = place.finished_results();
        assert!(before.iter().all(|(path, record)| after.get(path) == Some(record)));
    }
}

#[test]
fn ctrl_c_in_training_writes_a_checkpoint_and_the_same_command_continues_from_it() {
    let place = Place::new();
    succeed(&mut place.tune(&["--rates=-7:-6", "--target-steps=2000"]));
    let whole = Place::new();
    succeed(&mut whole.tune(&["--rates=-7:-6", "--target-steps=2000"]));
    let runs = place.study().join("targets/width16-steps2000/runs");
    loop {
        let train = start(&mut place.on_study("train", &[]));
        wait_until("it trains", || {
            let run = files(&runs, "").pop();
            run.is_some_and(|run| std::fs::metadata(run.join("metrics.jsonl")).is_ok_and(|file| file.len() > 0))
        });
        signal(&train, "-INT");
        if stopped(&train.wait_with_output().unwrap()) {
            break;
        }
        std::fs::remove_dir_all(place.study().join("targets")).unwrap();
    }
    let checkpoint = files(&files(&runs, "")[0].join("checkpoints"), "").pop().unwrap();
    let output = place.on_study("train", &["--json"]).output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains(&format!("{}", checkpoint.display())), "{} in: {said}", name(&checkpoint));
    let [mut continued, mut wanted] =
        [text(&output.stdout), succeed(&mut whole.on_study("train", &["--json"]))].map(|t| json(&t));
    forget(&mut continued, &["seconds"]);
    forget(&mut wanted, &["seconds"]);
    assert_eq!(continued, wanted);
}

#[test]
fn ctrl_c_in_the_sweep_of_sps_rate_keeps_what_is_trained_and_the_same_command_continues() {
    // By operations 400 steps of 7 trials are about 1110 of the target, a quarter of them for each rate.
    let long = ["--rates=-9:-3", "--steps=400", "--target-steps=300"];
    let place = Place::new();
    succeed(&mut place.all(&long));
    let wanted = place.numbers();
    let sweep = || files(&place.study().join("targets"), "").into_iter().find(|path| name(path) != "width16-steps300");
    let trains = |sweep: &Path| {
        let run = files(&sweep.join("runs"), "").pop();
        run.is_some_and(|run| std::fs::metadata(run.join("metrics.jsonl")).is_ok_and(|file| file.len() > 0))
    };
    loop {
        std::fs::remove_dir_all(sweep().unwrap()).unwrap();
        let all = start(&mut place.all(&long));
        wait_until("it sweeps", || sweep().is_some_and(|sweep| trains(&sweep)));
        signal(&all, "-INT");
        if stopped(&all.wait_with_output().unwrap()) {
            break;
        }
    }
    // Nothing else was left to train.
    assert!(files(&sweep().unwrap().join("trials"), ".json").len() < 4);
    succeed(&mut place.all(&long));
    assert_eq!(place.numbers(), wanted);
}

#[test]
fn a_run_that_nobody_listens_to_ends_well() {
    // `| head`: the reader goes away, from standard output and from standard error.
    let place = Place::new();
    let mut tune = start(&mut place.tune(&["--rates=-7:-5"]));
    drop(tune.stdout.take());
    let mut line = String::new();
    BufReader::new(tune.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(tune.wait().unwrap().code(), Some(0));
    assert_eq!(place.records().len(), 3);
    for command in ["choose", "train", "report", "status", "retry", "devices", "--help"] {
        let mut child = if command.starts_with('-') || command == "devices" {
            start(crate::place::program().arg(command))
        } else {
            start(&mut place.on_study(command, &[]))
        };
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(0), "{command}");
    }
}

#[test]
fn under_nohup_the_end_of_the_terminal_stops_nothing_and_otherwise_it_stops_cleanly() {
    let place = Place::new();
    let mut command = Command::new("nohup");
    let tune = place.tune(&["--rates=-9:-3:0.5"]);
    command.arg(tune.get_program()).args(tune.get_args()).stdin(Stdio::null());
    let mut worker = silent(&mut command).spawn().unwrap();
    wait_until("a trial has ended", || !place.records().is_empty());
    signal(&worker, "-HUP");
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    assert_eq!(place.records().len(), 13);

    loop {
        let place = Place::new();
        let tune = place.tune(&["--rates=-9:-3:0.25"]);
        // Whoever runs these tests may be under nohup itself, which is inherited.
        let mut command = Command::new("env");
        command.arg("--default-signal=HUP").arg(tune.get_program()).args(tune.get_args());
        let worker = start(&mut command);
        wait_until("a trial has ended", || !place.records().is_empty());
        signal(&worker, "-HUP");
        if stopped(&worker.wait_with_output().unwrap()) {
            break;
        }
    }
}
