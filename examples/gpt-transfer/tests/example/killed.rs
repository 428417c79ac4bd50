//! kill -9 at random moments: nothing finished is lost or repeated, and the numbers are those of an uninterrupted run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::moments::Moments;
use crate::place::{Place, files, forget, json, modified, name, silent, succeed, trials_of, wait_until};

const GRID: &str = "--rates=-9:-3:0.5";
const STEPS: &str = "--checkpoint-every=3";

/// Trials are there once and whole, those of before as they were.
fn check_kept(place: &Place, before: &mut BTreeMap<PathBuf, (Vec<u8>, SystemTime)>) {
    let after = place.finished_results();
    for (path, record) in &*before {
        assert_eq!(after.get(path), Some(record), "{} was written again or lost", path.display());
    }
    *before = after;
}

#[test]
fn two_workers_killed_at_random_moments_lose_and_repeat_nothing() {
    let whole = Place::new();
    succeed(&mut whole.tune(&[GRID]));
    let wanted = whole.numbers();
    let mut moments = Moments::below(400);
    while moments.left() > 0 {
        let place = Place::new();
        let mut before = place.finished_results();
        while moments.left() > 0 && before.len() < 13 {
            let worker = || silent(&mut place.tune(&[GRID, "--jobs=2"])).spawn().unwrap();
            let mut first = vec![worker(), worker()];
            // Sometimes one goes on alone until the next moment.
            let second = if moments.draw(2) == 0 { first.split_off(1) } else { Vec::new() };
            for workers in [first, second].into_iter().filter(|workers| !workers.is_empty()) {
                moments.kill(workers);
            }
            check_kept(&place, &mut before);
        }
        moments.run_ended();
        succeed(&mut place.tune(&[GRID]));
        check_kept(&place, &mut before);
        assert_eq!(place.numbers(), wanted);
        assert_eq!(place.records().len(), 13, "nothing else is there");
    }
}

#[test]
fn a_trial_whose_worker_was_killed_ends_by_itself_and_leaves_nothing_behind() {
    let place = Place::new();
    let long = ["--rates=-6:-6", "--steps=100000000"];
    let mut worker = silent(&mut place.tune(&long)).spawn().unwrap();
    let study = place.study();
    let logs = study.join("logs");
    wait_until("the trial runs", || !files(&logs, ".json").is_empty() && trials_of(&study).len() == 1);
    sleep(Duration::from_millis(300));
    worker.kill().unwrap();
    worker.wait().unwrap();
    wait_until("the orphan has ended", || trials_of(&study).is_empty());
    assert!(place.records().is_empty());
}

#[test]
fn a_killed_trial_is_a_failure_that_retry_runs_again() {
    let place = Place::new();
    let arguments = ["--rates=-6:-6", "--steps=3000"];
    succeed(&mut place.tune(&arguments));
    let (wanted, study) = (place.numbers(), place.study());
    let status = loop {
        fs::remove_file(&place.records()[0]).unwrap();
        let worker = silent(&mut place.tune(&arguments)).spawn().unwrap();
        let mut trials = Vec::new();
        wait_until("the trial runs", || {
            trials = trials_of(&study);
            !trials.is_empty()
        });
        let killed = Command::new("kill").args(["-9", &trials[0].to_string()]).output().unwrap();
        let ended = worker.wait_with_output().unwrap();
        let status = succeed(&mut place.on_study("status", &[]));
        // On a busy machine the trial may have ended before it could be killed.
        if killed.status.success() && status.contains("1 failed") {
            assert_eq!(ended.status.code(), Some(4), "trials failed");
            break status;
        }
        assert!(ended.status.success());
    };
    assert!(status.contains("signal 9") && status.contains("retry"), "{status}");
    succeed(&mut place.on_study("retry", &[]));
    succeed(&mut place.on_study("tune", &[]));
    assert_eq!(place.numbers(), wanted);
}

/// Steps of the checkpoints of the only run.
fn checkpoints(place: &Place) -> Vec<String> {
    let Ok(mut runs) = fs::read_dir(place.target().join("runs")) else { return Vec::new() };
    let run = runs.next().map(|run| run.unwrap().path().join("checkpoints"));
    run.map_or_else(Vec::new, |folder| files(&folder, "").iter().map(|path| name(path)).collect())
}

#[test]
fn a_target_killed_at_random_moments_ends_with_the_same_bits() {
    let whole = Place::tuned();
    let record = |place: &Place| {
        let mut record = json(&succeed(&mut place.on_study("train", &[STEPS, "--json"])));
        forget(&mut record, &["seconds"]);
        record
    };
    let wanted = record(&whole);
    let mut moments = Moments::below(300);
    while moments.left() > 0 {
        let place = Place::tuned();
        let (mut before, mut newest) = (place.finished_results(), None);
        while moments.left() > 0 && moments.kill(vec![silent(&mut place.on_study("train", &[STEPS])).spawn().unwrap()])
        {
            check_kept(&place, &mut before);
            let now = checkpoints(&place).pop();
            assert!(now >= newest, "{now:?} after {newest:?}: a checkpoint was lost");
            newest = now;
        }
        moments.run_ended();
        assert_eq!(record(&place), wanted);
        check_kept(&place, &mut before);
        assert_eq!(checkpoints(&place).len(), 2, "older ones are deleted, and nothing half-written is left");
    }
}

#[test]
fn killed_while_its_tokens_were_written_a_study_completes_them() {
    let place = Place::tuned();
    let wanted = place.finished_results();
    for left in [&["data.json"][..], &["data.json", "tokenizer.json", "train.bin"], &[]] {
        for path in files(&place.study().join("data"), "") {
            if !left.contains(&name(&path).as_str()) {
                fs::remove_file(path).unwrap();
            }
        }
        succeed(&mut place.on_study("tune", &[]));
        assert_eq!(files(&place.study().join("data"), "").len(), 4);
    }
    assert_eq!(place.finished_results(), wanted);
    assert!(modified(&place.text()) <= SystemTime::now());
}

#[test]
fn workers_that_begin_a_study_at_the_same_moment_share_it() {
    for _ in 0..5 {
        let place = Place::new();
        let worker = || silent(&mut place.tune(&["--rates=-7:-6"])).spawn().unwrap();
        for mut worker in [worker(), worker(), worker()] {
            assert!(worker.wait().unwrap().success());
        }
        assert_eq!(place.records().len(), 2);
    }
}
