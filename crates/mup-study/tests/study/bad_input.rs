//! Damaged, foreign and changed files.

use std::fs;
use std::path::PathBuf;

use mup_study::Failure;

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
    let found = open(folder.path()).unwrap().records().unwrap();
    let damaged: Vec<PathBuf> = found.damaged.iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(damaged, paths[..4]);
    assert!(found.records.len() < 22);
    tune(&study);
    let curve = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["record"]["curve"].clone();
    assert_eq!(curve(&fs::read_to_string(&paths[2]).unwrap()), curve(&whole));
    assert!(paths[..4].iter().all(|path| PathBuf::from(format!("{}.damaged", path.display())).exists()));
    assert_eq!(study.records().unwrap().records.len(), 22);
}

#[test]
fn what_is_damaged_twice_is_kept_twice() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let path = &records(folder.path())[0];
    for (content, name) in [("first", "damaged"), ("second", "damaged.2"), ("third", "damaged.3")] {
        fs::write(path, content).unwrap();
        tune(&study);
        assert_eq!(fs::read_to_string(format!("{}.{name}", path.display())).unwrap(), content);
    }
    assert_eq!(fs::read_to_string(format!("{}.damaged", path.display())).unwrap(), "first");
    assert_eq!(study.records().unwrap().records.len(), 22);
}

#[test]
fn what_failed_twice_is_kept_twice() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let failure = Failure::Exit { code: 1, said: String::new() };
    let fails = |_: &StudyTrial, _: &dyn Fn(usize, f64)| -> Result<TrialEnd, StudyError> {
        Ok(TrialEnd { failure: Some(failure.clone()), ..TrialEnd::default() })
    };
    for _ in 0..2 {
        run_locally(&study, 1, &|| false, &Silent, &fails).unwrap();
        assert_eq!(study.retry().unwrap().trials.len(), 16);
    }
    let aside = |ending: &str| {
        let entries = fs::read_dir(folder.path().join("study/trials")).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(ending)).count()
    };
    assert_eq!((aside(".failed"), aside(".failed.2"), aside(".json")), (16, 16, 0));
}

#[test]
fn an_intact_record_is_used_whatever_its_name_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let paths = records(folder.path());
    // Renamed: still the record of what was trained.
    fs::rename(&paths[0], paths[0].with_file_name("kept from last week.json")).unwrap();
    let found = open(folder.path()).unwrap().records().unwrap();
    assert_eq!((found.records.len(), found.damaged.len()), (22, 0));
    // In the place of another: that one is missing, and is run again without touching this one.
    let whole = fs::read(&paths[1]).unwrap();
    fs::write(&paths[2], &whole).unwrap();
    let found = open(folder.path()).unwrap().records().unwrap();
    assert!(found.records.len() < 22 && found.damaged.is_empty());
    tune(&study);
    assert_eq!(fs::read(&paths[2]).unwrap(), whole);
    let found = open(folder.path()).unwrap().records().unwrap();
    assert_eq!((found.records.len(), found.damaged.len()), (22, 0));
}

#[test]
fn a_record_of_a_newer_version_is_refused_instead_of_run_over() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let path = &records(folder.path())[0];
    let text = fs::read_to_string(path).unwrap().replace("\"version\": 2", "\"version\": 3");
    fs::write(path, text).unwrap();
    let refused = open(folder.path()).unwrap().records();
    assert!(matches!(refused, Err(StudyError::Newer { version: 3, known: 2, .. })));
}

#[test]
fn a_study_file_that_says_nothing_sensible_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let path = study.folder().join("study.toml");
    let text = fs::read_to_string(&path).unwrap();
    for (broken, said) in [
        (text[..text.len() / 2].to_owned(), "study.toml"),
        (text.replace("version = 2", "version = 9"), "version 9"),
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
fn a_lost_study_file_is_written_again_and_the_records_are_still_there() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    fs::remove_file(study.folder().join("study.toml")).unwrap();
    assert_eq!(create(folder.path()).records().unwrap().records.len(), 22);
}

#[test]
fn numbers_without_end_are_refused_before_they_take_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = create(folder.path()).folder().join("study.toml");
    let text = fs::read_to_string(&path).unwrap();
    let huge = "1000000000000";
    for (broken, said) in [
        (text.replace("trials = 8", &format!("trials = {huge}")), "at most 100000"),
        (text.replace("trials = 8", "trials = 9223372036854775807"), "at most 100000"),
        (text.replace("best = 3", &format!("best = {huge}")), "fewer than"),
        (text.replace("trials = 8", "trials = 60000"), "at most 100000"),
    ] {
        assert_ne!(broken, text, "{said}");
        fs::write(&path, &broken).unwrap();
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(error.contains(said), "{said}: {error}");
    }
    for search in ["random", "tpe"] {
        let round = text.replace("round = 8", &format!("round = {huge}"));
        fs::write(&path, round.replace("\"random\"", &format!("\"{search}\""))).unwrap();
        let study = open(folder.path()).unwrap();
        assert_eq!(study.records().unwrap().missing, 16);
    }
    fs::write(&path, text.replace("steps = 40", &format!("steps = {huge}"))).unwrap();
    assert_eq!(open(folder.path()).unwrap().records().unwrap().missing, 16, "a horizon is only a number");
}

#[cfg(unix)]
#[test]
fn a_study_is_read_where_nothing_can_be_written_and_nothing_is_created() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    assert!(!study.folder().join("trials").exists() && !study.logs().exists());
    fs::set_permissions(study.folder(), fs::Permissions::from_mode(0o555)).unwrap();
    let opened = open(folder.path()).unwrap();
    assert_eq!(opened.records().unwrap().missing, 16);
    assert_eq!(opened.missing().unwrap().len(), 16);
    assert_eq!(fs::read_dir(study.folder()).unwrap().count(), 1);
    fs::set_permissions(study.folder(), fs::Permissions::from_mode(0o755)).unwrap();
}
