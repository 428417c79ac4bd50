//! Studies of the first layout: `tests/fixtures/v1-*` were made by the program of commit ce53e09 (`mup-transfer tune`).

use std::fs;
use std::path::PathBuf;

use mup_study::{Failure, Outcome};

use super::*;

/// A copy, to be written to.
fn fixture(name: &str) -> (tempfile::TempDir, Study) {
    let (folder, from) = (tempfile::tempdir().unwrap(), PathBuf::from("tests/fixtures").join(name));
    let to = folder.path().join("study");
    fs::create_dir_all(to.join("trials")).unwrap();
    fs::copy(from.join("study.toml"), to.join("study.toml")).unwrap();
    for entry in fs::read_dir(from.join("trials")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join("trials").join(path.file_name().unwrap())).unwrap();
    }
    let study = Study::open(&to).unwrap();
    (folder, study)
}

fn files(study: &Study) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(study.folder().join("trials")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn a_study_of_the_first_version_is_read_as_it_is_and_nothing_is_trained_again() {
    for (name, places) in [("v1-random", 16), ("v1-tpe", 7)] {
        let (_folder, study) = fixture(name);
        let before = files(&study);
        let found = study.records().unwrap();
        assert_eq!((found.records.len(), found.missing, found.others.len()), (places, 0, 0), "{name}");
        for record in &found.records {
            let (trial, seed) = (&record.trial, record.trial.seed);
            let old = format!("stage{}-sample{:05}-seed{seed}.json", trial.stage, trial.sample);
            assert!(before.iter().any(|(name, _)| *name == old), "{name}: {old}");
        }
        let run = |_: &StudyTrial, _: &dyn Fn(usize, f64)| -> Result<Ended, StudyError> { panic!("trained again") };
        assert_eq!(run_locally(&study, 1, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
        assert_eq!(files(&study), before, "{name}");
    }
}

#[test]
fn what_the_first_version_judged_is_judged_from_what_it_measured() {
    let (_folder, study) = fixture("v1-random");
    let records = study.records().unwrap().records;
    let outcome = |stage: usize, sample: usize| {
        let record = records.iter().find(|record| (record.trial.stage, record.trial.sample) == (stage, sample));
        record.unwrap().outcome.clone()
    };
    assert!(matches!(outcome(0, 0), Outcome::Finished { loss } if (loss - (3.0 + 0.0041814 + 2.0 / 3.0)).abs() < 1e-4));
    assert_eq!(outcome(0, 1), Outcome::NotFinite { step: 2 });
    assert!(matches!(outcome(2, 5), Outcome::Failed(Failure::Exit { code: 3, .. })));
    let best: Vec<usize> = records.iter().filter(|one| one.trial.stage == 1).map(|one| one.trial.sample).collect();
    assert_eq!(best, [3, 3, 2, 2], "the lowest losses of the first stage");
}

#[test]
fn a_study_of_the_first_version_goes_on_in_the_new_form() {
    let (_folder, study) = fixture("v1-random");
    let before = files(&study);
    assert_eq!(study.retry().unwrap().len(), 2);
    assert_eq!(tune(&study), Tuned::Finished);
    let after = files(&study);
    let new: Vec<&String> = after.iter().map(|(name, _)| name).filter(|name| !name.starts_with("stage")).collect();
    assert_eq!(new.len(), 2, "{new:?}");
    assert!(new.iter().all(|name| name.len() == "0123456789abcdef.json".len()), "{new:?}");
    let kept = before.iter().filter(|file| after.contains(file)).count();
    assert_eq!(kept, before.len() - 2, "all but the failed ones, which were set aside");
    assert!(Study::open(study.folder()).unwrap().records().unwrap().records.iter().all(|one| !one.outcome.failed()));
}

#[test]
fn the_same_study_asked_for_today_continues_the_one_of_the_first_version() {
    let (_folder, study) = fixture("v1-tpe");
    let asked = StudyConfig { version: 2, ..study.config().clone() };
    let study = Study::create(study.folder(), asked).unwrap();
    assert_eq!((study.config().version, study.records().unwrap().missing), (1, 0));
}
