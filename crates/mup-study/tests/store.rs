//! Runs that are asked for one by one: continued, never repeated, never overwritten, never mixed with another check's.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mup_study::{
    Outcome, RecordSource, Setting, Smoothing, Store, Stored, StudyError, Trial, TrialCurve, TrialEnd, Values,
};
use serde_json::{Value, json};

fn settings() -> Value {
    json!({ "data": "abc", "model": { "n_layer": 2, "d_head": 32 }, "steps": 4 })
}

fn trial(seed: u64) -> Trial {
    let values = Values::default().with("learning-rate", Setting::Number(0.125));
    Trial { values, seed, steps: 4, context: Arc::new(json!({ "width": 64, "settings": settings() })) }
}

fn open(folder: &Path) -> Store {
    Store::open(folder, &settings()).unwrap()
}

fn run(store: &Store, trial: &Trial) -> (Arc<Stored>, RecordSource) {
    let curve = TrialCurve { losses: vec![5.0, 4.0, 3.0, 2.0], ..TrialCurve::default() };
    store.run(trial, || Ok::<_, StudyError>(curve.into())).unwrap()
}

fn trial_file(folder: &Path, trial: &Trial) -> PathBuf {
    folder.join("trials").join(format!("{}.json", trial.id()))
}

#[test]
fn a_finished_trial_is_read_and_never_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let (stored, source) = run(&open(folder.path()), &trial(0));
    assert_eq!(source, RecordSource::Trained);
    assert_eq!(stored.judged(Smoothing { last: 2 }).outcome, Outcome::Finished { loss: 2.5 });
    let store = open(folder.path());
    let again = store.run(&trial(0), || -> Result<TrialEnd, StudyError> { panic!("repeated") }).unwrap();
    assert_eq!(again, (stored, RecordSource::Read));
    assert_eq!(store.records().unwrap().0.len(), 1);
}

#[test]
fn a_trial_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let failed = store.run(&trial(0), || Err(StudyError::NotAStudy { folder: PathBuf::new(), found: PathBuf::new() }));
    assert!(failed.is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only its settings");
}

#[test]
fn every_truncation_and_every_flipped_digit_is_noticed_kept_and_trained_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (stored, _) = run(&store, &trial(0));
    let path = trial_file(folder.path(), &trial(0));
    let whole = fs::read(&path).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..whole.len() - 1).step_by(37).map(|end| whole[..end].to_vec()).collect();
    damaged.push(String::from_utf8(whole.clone()).unwrap().replace("4.0", "4.1").into_bytes());
    damaged.push(vec![0xff; 64]);
    damaged.push(b"null".to_vec());
    let mut kept = Vec::new();
    for content in damaged {
        fs::write(&path, &content).unwrap();
        let (repaired, source) = run(&store, &trial(0));
        let RecordSource::Repaired { kept_as, reason } = source else { panic!("{source:?} for {content:?}") };
        assert!(!reason.is_empty());
        assert_eq!(repaired.curve, stored.curve);
        kept.push((kept_as, content));
    }
    for (kept_as, content) in kept {
        assert_eq!(fs::read(&kept_as).unwrap(), content, "{}", kept_as.display());
    }
}

#[test]
fn the_record_of_another_trial_under_this_name_is_noticed_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    run(&store, &trial(0));
    fs::copy(trial_file(folder.path(), &trial(0)), trial_file(folder.path(), &trial(1))).unwrap();
    let there = fs::read(trial_file(folder.path(), &trial(1))).unwrap();
    let (stored, source) = run(&store, &trial(1));
    assert_eq!((stored.trial.seed, source), (1, RecordSource::Trained));
    assert_eq!(fs::read(trial_file(folder.path(), &trial(1))).unwrap(), there);
    let again = open(folder.path());
    again.records().unwrap();
    assert_eq!(run(&again, &trial(1)).1, RecordSource::Read);
}

#[test]
fn a_record_of_a_newer_version_is_refused_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    run(&store, &trial(0));
    let path = trial_file(folder.path(), &trial(0));
    let newer = fs::read_to_string(&path).unwrap().replace("\"version\": 2", "\"version\": 3");
    fs::write(&path, &newer).unwrap();
    let refused = store.run(&trial(0), || -> Result<TrialEnd, StudyError> { panic!("repeated") });
    assert!(matches!(refused, Err(StudyError::Newer { version: 3, known: 2, .. })), "{refused:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
}

#[test]
fn another_configuration_is_refused_with_each_difference() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    let other = json!({ "data": "abd", "model": { "n_layer": 2, "d_head": 64 }, "steps": 4, "new": true });
    let error = Store::open(folder.path(), &other).unwrap_err();
    let StudyError::OtherConfiguration { differences, .. } = &error else { panic!("{error}") };
    let changed: Vec<&str> = differences.iter().map(|difference| difference.setting.as_str()).collect();
    assert_eq!(changed, ["data", "model.d_head", "new"]);
    assert!(error.to_string().contains("model.d_head: 32 there, 64 asked for"), "{error}");
}

#[test]
fn runs_of_an_older_version_are_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("trials")).unwrap();
    fs::write(folder.path().join("archive.json"), "{}").unwrap();
    let error = Store::open(folder.path(), &settings()).unwrap_err().to_string();
    assert!(error.contains("archive.json") && error.contains("another folder"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "x").unwrap();
    let error = Store::open(folder.path(), &settings()).unwrap_err();
    assert!(error.to_string().contains("thesis.tex"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_damaged_or_newer_settings_file_is_named() {
    for content in ["", "{", "[]", r#"{"version": 9, "settings": {}}"#] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("settings.json"), content).unwrap();
        let error = Store::open(folder.path(), &settings()).unwrap_err();
        assert!(matches!(error, StudyError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains("settings.json"), "{error}");
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "x").unwrap();
    let error = Store::open(&path.join("study"), &settings()).unwrap_err();
    assert!(matches!(error, StudyError::NotAFolder { path: ref named, .. } if *named == path), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_left_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    run(&store, &trial(0));
    let trials = folder.path().join("trials");
    fs::create_dir(trials.join("folder.json")).unwrap();
    std::os::unix::fs::symlink("loop.json", trials.join("loop.json")).unwrap();
    // Opening it would wait for a writer.
    assert!(std::process::Command::new("mkfifo").arg(trials.join("pipe.json")).status().unwrap().success());
    for store in [store, open(folder.path())] {
        let (records, damaged) = store.records().unwrap();
        assert_eq!(records.len(), 1);
        let names: Vec<_> = damaged.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["folder.json", "loop.json", "pipe.json"]);
        let reasons: Vec<&str> = damaged.iter().map(|(_, reason)| reason.as_str()).collect();
        assert_eq!([reasons[0], reasons[2]], ["it is a folder: move it away", "it is no file: move it away"]);
        assert!(!reasons[1].is_empty() && !reasons[1].contains("os error"), "{reasons:?}");
        run(&store, &trial(1));
        fs::remove_file(trials.join(format!("{}.json", trial(1).id()))).unwrap();
    }
    assert!(trials.join("folder.json").is_dir() && trials.join("loop.json").is_symlink());
}
