//! What is not finite is a result.

use std::fs;

use crate::place::{Place, fail, files, json, succeed, text};

#[test]
fn a_diverged_trial_is_a_result_and_not_run_again() {
    let place = Place::new();
    let status = json(&succeed(&mut place.tune(&["--rates=-7:41:48", "--json"])));
    assert_eq!((&status["finished"], &status["diverged"], &status["failed"]), (&1.into(), &1.into(), &0.into()));
    let before = place.finished_results();
    succeed(&mut place.on_study("retry", &[]));
    succeed(&mut place.tune(&["--rates=-7:41:48"]));
    assert_eq!(place.finished_results(), before);
    let choice = json(&succeed(&mut place.on_study("choose", &["--json"])));
    assert_eq!(choice["best"]["values"]["learning-rate"], 2.0_f64.powi(-7));
}

#[test]
fn a_study_of_which_all_diverged_says_what_to_do() {
    let place = Place::new();
    succeed(&mut place.tune(&["--rates=41:42"]));
    for command in ["choose", "train", "report"] {
        let error = fail(&mut place.on_study(command, &[]));
        assert!(error.contains("2 trials diverged"), "{error}");
    }
}

#[test]
fn a_target_that_diverges_is_recorded_and_its_last_good_checkpoint_stays() {
    let place = Place::tuned();
    // Warm-up: the first two steps are small enough.
    let values = "--values=learning-rate=2e12";
    let output = place.on_study("train", &[values, "--checkpoint-every=1", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "a target that diverged is no success: {}", text(&output.stderr));
    let record = json(&text(&output.stdout));
    assert!(record["outcome"]["not_finite"].is_object() || record["outcome"]["above_start"].is_object(), "{record}");
    assert!(record["outcome"]["not_finite"]["step"].as_u64().unwrap() > 1, "{record}");
    let runs = fs::read_dir(place.target().join("runs")).unwrap();
    let checkpoints = runs.map(|run| run.unwrap().path().join("checkpoints")).next().unwrap();
    assert!(!files(&checkpoints, "").is_empty());
    let before = place.finished_results();
    let export = place.path().join("weights.safetensors");
    let error = fail(&mut place.on_study("train", &[values, "--export", export.to_str().unwrap()]));
    assert!(error.contains("diverged") && error.contains("checkpoint"), "{error}");
    assert!(!export.exists());
    assert_eq!(place.finished_results(), before);
    let report = json(&succeed(&mut place.on_study("report", &["--json"])));
    assert!(report["numbers"]["runs"][0]["outcome"]["not_finite"].is_object());
}
