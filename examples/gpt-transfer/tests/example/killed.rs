//! kill -9 at random moments: nothing finished is lost or repeated, and the numbers are those of an uninterrupted run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::place::{Place, files, forget, json, modified, name, silent, succeed, trials_of, wait_until};

/// In tuning and in training each: 50 in all.
const KILLS: usize = 25;
const GRID: &str = "--rates=-9:-3:0.5";
const STEPS: &str = "--checkpoint-every=3";

/// Moments that are the same in every run of this test (SplitMix64).
struct Moments(u64);

impl Moments {
    fn next(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    /// Sleeps, then kills with SIGKILL what still runs; whether all of it did.
    fn kill(&mut self, mut processes: Vec<Child>, limit: u64) -> bool {
        let milliseconds = 2 + self.next(limit);
        sleep(Duration::from_millis(milliseconds));
        let running = processes.iter_mut().all(|process| process.try_wait().unwrap().is_none());
        println!("after {milliseconds} ms{}", if running { "" } else { ", which is too late" });
        for mut process in processes {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        running
    }
}

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
    let mut moments = Moments(1);
    println!("seed {}", moments.0);
    let (mut kills, mut limit) = (0, 400);
    while kills < KILLS {
        let place = Place::new();
        let mut before = place.finished_results();
        loop {
            let worker = || silent(&mut place.tune(&[GRID, "--jobs=2"])).spawn().unwrap();
            let mut first = vec![worker(), worker()];
            // Sometimes one goes on alone until the next moment.
            let second = if moments.next(2) == 0 { first.split_off(1) } else { Vec::new() };
            let mut in_the_middle = true;
            for workers in [first, second].into_iter().filter(|workers| !workers.is_empty()) {
                in_the_middle &= moments.kill(workers, limit);
                kills += usize::from(in_the_middle);
            }
            check_kept(&place, &mut before);
            if before.len() == 13 || kills >= KILLS {
                break;
            }
            limit = if in_the_middle { limit } else { limit / 2 + 1 };
        }
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
    fs::remove_file(&place.records()[0]).unwrap();
    let worker = silent(&mut place.tune(&arguments)).spawn().unwrap();
    wait_until("the trial runs", || !trials_of(&study).is_empty());
    let trial = trials_of(&study)[0].to_string();
    assert!(Command::new("kill").args(["-9", &trial]).status().unwrap().success());
    assert!(worker.wait_with_output().unwrap().status.success());
    let status = succeed(&mut place.on_study("status", &[]));
    assert!(status.contains("1 failed") && status.contains("signal 9") && status.contains("retry"), "{status}");
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
    let mut moments = Moments(2);
    println!("seed {}", moments.0);
    let (mut kills, mut limit) = (0, 300);
    while kills < KILLS {
        let place = Place::tuned();
        let (mut before, mut newest) = (place.finished_results(), None);
        while kills < KILLS {
            let train = silent(&mut place.on_study("train", &[STEPS])).spawn().unwrap();
            if !moments.kill(vec![train], limit) {
                limit = limit / 2 + 1;
                break;
            }
            kills += 1;
            check_kept(&place, &mut before);
            let now = checkpoints(&place).pop();
            assert!(now >= newest, "{now:?} after {newest:?}: a checkpoint was lost");
            newest = now;
        }
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
