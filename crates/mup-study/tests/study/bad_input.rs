//! Damaged, foreign and changed files.

use std::fs;
use std::path::PathBuf;

use super::*;

fn records(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("study/trials")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn open(folder: &Path) -> Result<Study, StudyError> {
    Study::open(&folder.join("study"))
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("study/study.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn the_same_study_is_continued_and_another_refused_with_each_difference() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    create(folder.path());
    let made_with = toml::Table::from_iter([("commit".to_owned(), "abc".into())]);
    Study::create(study.folder(), StudyConfig { made_with, ..config() }).expect("circumstances are not compared");
    let other = StudyConfig { seed: 3, seeds: vec![0], ..config() };
    let error = Study::create(study.folder(), other).unwrap_err();
    let StudyError::OtherConfiguration { differences, .. } = &error else { panic!("{error}") };
    let settings: Vec<&str> = differences.iter().map(|difference| difference.setting.as_str()).collect();
    assert_eq!(settings, ["seed", "seeds"]);
}

#[test]
fn trials_may_be_added_by_hand_and_nothing_finished_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    tune(&create(folder.path()));
    edit(folder.path(), "trials = 8", "trials = 12");
    let study = open(folder.path()).unwrap();
    let before = records(folder.path()).len();
    assert_eq!(before, 22);
    assert_eq!(study.records().unwrap().missing, 8, "the long horizon waits for the new ones");
    tune(&study);
    assert_eq!(study.records().unwrap().missing, 0);
    assert!(study.records().unwrap().records.len() == 30);
}

#[test]
fn a_changed_proxy_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let proxy = toml::Table::from_iter([("width".to_owned(), 64.into())]);
    let study = Study::create(&folder.path().join("study"), StudyConfig { proxy, ..config() }).unwrap();
    tune(&study);
    edit(folder.path(), "width = 64", "width = 128");
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("proxy.width: 64 there, 128 asked for"), "{error}");
}

#[test]
fn damaged_records_are_named_kept_and_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let paths = records(folder.path());
    let whole = fs::read_to_string(&paths[2]).unwrap();
    fs::write(&paths[0], "").unwrap();
    fs::write(&paths[1], &whole[..whole.len() / 2]).unwrap();
    fs::write(&paths[2], whole.replacen("1.", "2.", 1)).unwrap();
    fs::write(&paths[3], [0xff, 0x00]).unwrap();
    fs::write(&paths[4], &whole).unwrap();
    let found = open(folder.path()).unwrap().records().unwrap();
    let damaged: Vec<PathBuf> = found.damaged.iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(damaged, paths[..5]);
    assert!(found.damaged[4].1.contains("another trial"), "{:?}", found.damaged[4]);
    let before = found.records.len();
    assert!(before < 22);
    tune(&study);
    let curve = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["record"]["curve"].clone();
    assert_eq!(curve(&fs::read_to_string(&paths[2]).unwrap()), curve(&whole));
    assert!(paths[..5].iter().all(|path| PathBuf::from(format!("{}.damaged", path.display())).exists()));
    assert_eq!(study.records().unwrap().records.len(), 22);
}

#[test]
fn a_record_of_a_newer_version_is_refused_instead_of_run_over() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let path = &records(folder.path())[0];
    let text = fs::read_to_string(path).unwrap().replace("\"version\": 1", "\"version\": 2");
    fs::write(path, text).unwrap();
    assert!(matches!(open(folder.path()), Err(StudyError::Newer { version: 2, known: 1, .. })));
}

#[test]
fn a_study_file_that_says_nothing_sensible_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let path = study.folder().join("study.toml");
    let text = fs::read_to_string(&path).unwrap();
    for (broken, said) in [
        (text[..text.len() / 2].to_owned(), "study.toml"),
        (text.replace("version = 1", "version = 9"), "version 9"),
        (text.replace("seed = 0", "sede = 0"), "sede"),
        (text.replace("trials = 8", "trials = 0"), "stage 0"),
        (text.replace("best = 3", "best = 9"), "stage 1"),
        (text.replace("steps = 20", "steps = 0"), "`steps` is 0"),
        (text.replace("seeds = [0, 1]", "seeds = []"), "`seeds` is empty"),
        (text.replace("last-share = 0.1", "last-share = 1.5"), "last-share"),
        (text.replace("log-uniform = [", "log-normal = ["), "log-normal"),
        (text.replace("0.0001", "-1.0"), "learning-rate"),
    ] {
        assert_ne!(broken, text, "{said}");
        fs::write(&path, &broken).unwrap();
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(error.contains(said), "{said}: {error}");
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(open(folder.path()), Err(StudyError::Absent { .. })));
    let foreign = Study::create(folder.path(), config()).unwrap_err();
    assert!(matches!(foreign, StudyError::NotAStudy { .. }), "{foreign}");
}

#[test]
fn an_error_of_the_trial_leaves_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let trial = study.trial(0).unwrap();
    let error = study.run(&trial, || Err(StudyError::Waiting { index: 7 })).unwrap_err();
    assert!(error.to_string().contains('7'));
    assert_eq!(study.find(&trial).unwrap(), None);
}

#[test]
fn a_lost_study_file_is_written_again_and_records_of_another_study_are_still_refused() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    fs::remove_file(study.folder().join("study.toml")).unwrap();
    let proxy = toml::Table::from_iter([("width".to_owned(), 64.into())]);
    let other = Study::create(study.folder(), StudyConfig { proxy, ..config() }).unwrap_err();
    assert!(matches!(other, StudyError::OtherConfiguration { .. }), "{other}");
    assert_eq!(create(folder.path()).records().unwrap().records.len(), 22);
}
