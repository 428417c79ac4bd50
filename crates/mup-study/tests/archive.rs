//! The directory: continues, repeats nothing, names what is damaged, refuses what is not its own.

use std::fs;
use std::path::{Path, PathBuf};

use mup_study::{Archive, Curve, Hyperparameters, Outcome, Smoothing, Source, StudyError, Trial, TrialRecord};
use serde_json::{Value, json};

fn settings() -> Value {
    json!({ "data": "abc", "model": { "n_layer": 2, "d_head": 32 }, "steps": 4 })
}

fn trial(seed: u64) -> Trial {
    let hyperparameters = Hyperparameters::at_rate(0.125);
    let (parametrization, plan) = ("mup".to_owned(), "f0".to_owned());
    Trial { parametrization, width: 64, plan, hyperparameters, seed, settings: settings() }
}

fn open(folder: &Path) -> Archive {
    Archive::open(folder, settings(), Smoothing { last: 2 }).unwrap()
}

fn run(study: &Archive, trial: &Trial) -> (TrialRecord, Source) {
    let curve = Curve { losses: vec![5.0, 4.0, 3.0, 2.0], ..Curve::default() };
    study.run(trial, || Ok::<_, StudyError>(curve)).unwrap()
}

fn trial_file(folder: &Path, trial: &Trial) -> PathBuf {
    folder.join("trials").join(trial.file_name())
}

#[test]
fn a_finished_trial_is_read_and_never_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let (record, source) = run(&open(folder.path()), &trial(0));
    assert_eq!(source, Source::Trained);
    assert_eq!(record.outcome, Outcome::Finished { loss: 2.5 });
    let study = open(folder.path());
    let again = study.run(&trial(0), || -> Result<Curve, StudyError> { panic!("repeated") }).unwrap();
    assert_eq!(again, (record, Source::Read));
    assert!(study.has(&trial(0)).unwrap());
    assert!(!study.has(&trial(1)).unwrap());
}

#[test]
fn a_trial_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let study = open(folder.path());
    let failed = study.run(&trial(0), || Err(StudyError::NotAStudy { folder: PathBuf::new(), found: PathBuf::new() }));
    assert!(failed.is_err());
    assert_eq!(fs::read_dir(folder.path().join("trials")).unwrap().count(), 0);
}

#[test]
fn every_truncation_and_every_flipped_digit_is_noticed_kept_and_trained_again() {
    let folder = tempfile::tempdir().unwrap();
    let study = open(folder.path());
    let (record, _) = run(&study, &trial(0));
    let path = trial_file(folder.path(), &trial(0));
    let whole = fs::read(&path).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..whole.len() - 1).step_by(37).map(|end| whole[..end].to_vec()).collect();
    damaged.push(String::from_utf8(whole.clone()).unwrap().replace("2.5", "2.4").into_bytes());
    damaged.push(vec![0xff; 64]);
    damaged.push(b"null".to_vec());
    for content in damaged {
        fs::write(&path, &content).unwrap();
        let (repaired, source) = run(&study, &trial(0));
        let Source::Repaired { kept_as, reason } = source else { panic!("{source:?} for {content:?}") };
        assert_eq!(fs::read(&kept_as).unwrap(), content);
        assert!(!reason.is_empty());
        assert_eq!(repaired.outcome, record.outcome);
        assert!(study.has(&trial(0)).unwrap());
    }
}

#[test]
fn the_record_of_another_trial_under_this_name_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let study = open(folder.path());
    run(&study, &trial(0));
    fs::copy(trial_file(folder.path(), &trial(0)), trial_file(folder.path(), &trial(1))).unwrap();
    let (record, source) = run(&study, &trial(1));
    assert!(matches!(source, Source::Repaired { .. }), "{source:?}");
    assert_eq!(record.trial.seed, 1);
}

#[test]
fn a_record_of_a_newer_version_is_refused_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let study = open(folder.path());
    run(&study, &trial(0));
    let path = trial_file(folder.path(), &trial(0));
    let newer = fs::read_to_string(&path).unwrap().replace("\"version\": 1", "\"version\": 2");
    fs::write(&path, &newer).unwrap();
    let refused = study.run(&trial(0), || -> Result<Curve, StudyError> { panic!("repeated") });
    assert!(matches!(refused, Err(StudyError::Newer { version: 2, known: 1, .. })), "{refused:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
}

#[test]
fn another_configuration_is_refused_with_each_difference() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    let other = json!({ "data": "abd", "model": { "n_layer": 2, "d_head": 64 }, "steps": 4, "new": true });
    let error = Archive::open(folder.path(), other, Smoothing { last: 3 }).unwrap_err();
    let StudyError::OtherConfiguration { differences, .. } = &error else { panic!("{error}") };
    let changed: Vec<&str> = differences.iter().map(|difference| difference.setting.as_str()).collect();
    assert_eq!(changed, ["data", "model.d_head", "new", "smoothing"]);
    assert!(error.to_string().contains("model.d_head: 32 there, 64 asked for"), "{error}");
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "x").unwrap();
    let error = Archive::open(folder.path(), settings(), Smoothing { last: 2 }).unwrap_err();
    assert!(error.to_string().contains("thesis.tex"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_damaged_or_newer_study_file_is_named() {
    for content in ["", "{", "[]", r#"{"version": 9, "settings": {}, "smoothing": {"last": 2}}"#] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("archive.json"), content).unwrap();
        let error = Archive::open(folder.path(), settings(), Smoothing { last: 2 }).unwrap_err();
        assert!(matches!(error, StudyError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains("archive.json"), "{error}");
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "x").unwrap();
    let error = Archive::open(&path.join("study"), settings(), Smoothing { last: 2 }).unwrap_err();
    assert!(matches!(error, StudyError::Io { .. }), "{error}");
}
