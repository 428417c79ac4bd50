//! Trials one by one, as an array task of a cluster runs them.

use std::fs;

use crate::place::{Place, RATES, fail, files, json, silent, succeed, text, tune_with_failures, wait_until};

#[test]
fn a_trial_that_has_ended_is_not_run_again() {
    let place = Place::tuned();
    let before = place.finished_results();
    for index in ["--index=0", "--index=1", "--index=2"] {
        succeed(&mut place.on_study("trial", &[index]));
    }
    assert_eq!(place.finished_results(), before);
    // Records are named after their content, so which index it has is not seen from outside.
    let record = place.records()[1].clone();
    fs::remove_file(&record).unwrap();
    let status = json(&succeed(&mut place.on_study("status", &["--json"])));
    assert_eq!((&status["trials"], &status["finished"], &status["missing"]), (&3.into(), &2.into(), &1.into()));
    for index in ["--index=0", "--index=1", "--index=2"] {
        succeed(&mut place.on_study("trial", &[index]));
    }
    let [mut again, mut first] =
        [fs::read(&record).unwrap(), before[&record].0.clone()].map(|bytes| json(&text(&bytes)));
    let forget = |value: &mut serde_json::Value| crate::place::forget(value, &["seconds", "digest"]);
    forget(&mut again);
    forget(&mut first);
    assert_eq!(again, first);
    let error = fail(&mut place.on_study("trial", &["--index=3"]));
    assert!(error.contains("no trial 3") && error.contains("has 3"), "{error}");
}

#[test]
fn a_trial_that_took_too_long_has_failed_and_retry_alone_runs_it_again() {
    let place = Place::new();
    let slow = ["--rates=-7:-7", "--steps=100000000", "--timeout=1"];
    let status = json(&tune_with_failures(&mut place.tune(&[&slow[..], &["--json"]].concat())));
    assert_eq!(status["failed"], 1);
    assert!(status["failures"][0][1].as_str().unwrap().contains("not done after 1 s"), "{status}");
    let error = fail(&mut place.on_study("choose", &[]));
    assert!(error.contains("1 failed") && error.contains("retry"), "{error}");
    let before = place.finished_results();
    tune_with_failures(&mut place.on_study("tune", &[]));
    assert_eq!(place.finished_results(), before, "`tune` leaves it");
    succeed(&mut place.on_study("retry", &[]));
    let status = json(&succeed(&mut place.on_study("status", &["--json"])));
    assert_eq!((&status["failed"], &status["missing"]), (&0.into(), &1.into()));
}

#[test]
fn two_who_train_the_same_target_do_not_disturb_each_other() {
    let place = Place::new();
    succeed(&mut place.tune(&[RATES, "--target-steps=100000000"]));
    let mut first = silent(&mut place.on_study("train", &[])).spawn().unwrap();
    let runs = place.study().join("targets/width16-steps100000000/runs");
    wait_until("it trains", || files(&runs, "").iter().any(|run| run.join("metrics.jsonl").exists()));
    let error = fail(&mut place.on_study("train", &[]));
    assert!(error.contains("another process trains in this folder"), "{error}");
    assert!(first.try_wait().unwrap().is_none());
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_grid_of_fewer_trials_than_points_keeps_their_number_when_the_study_is_extended_elsewhere() {
    let place = Place::new();
    let asked = ["--trials=2", "--quick"];
    succeed(&mut place.tune(&asked));
    let results = place.finished_results();
    assert_eq!(results.len(), 2);
    succeed(&mut place.on_study("tune", &["--target-width=16"]));
    assert_eq!(place.finished_results(), results, "nothing is trained beside what was asked for");
}

#[test]
fn heads_and_blocks_that_a_study_does_not_have_are_refused_when_it_is_extended() {
    let place = Place::tuned();
    let results = place.finished_results();
    for (asked, said) in [
        ("--d-head=4", "made for --d-head 8, and now there is 4"),
        ("--n-layer=2", "made for --n-layer 1, and now there is 2"),
    ] {
        let error = fail(&mut place.on_study("tune", &[asked, "--target-width=32"]));
        assert!(error.contains(said), "{error}");
    }
    succeed(&mut place.on_study("tune", &["--d-head=8", "--n-layer=1", "--target-width=32"]));
    assert_eq!(place.finished_results(), results, "nothing was trained again");
}

#[test]
fn a_factor_of_0_on_rates_is_refused_before_there_is_a_study() {
    let place = Place::new();
    let space = place.path().join("space.toml");
    fs::write(&space, "learning-rate = { grid = [0.01] }\nrate-vector = { grid = [0.0, 1.0] }\n").unwrap();
    let error = fail(&mut place.tune(&["--space", space.to_str().unwrap()]));
    assert!(error.contains("`rate-vector` cannot be 0"), "{error}");
    assert!(!place.study().exists());
}
