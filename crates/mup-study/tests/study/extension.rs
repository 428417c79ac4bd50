//! What may be added to a study by the command that made it.

use std::fs;

use mup_study::{Stage, Study, StudyConfig, StudyError};

use super::{config, create, ended, known, tune};

fn longer() -> StudyConfig {
    StudyConfig { stages: vec![Stage::of(20, 12), Stage::of_best(40, 3)], ..config() }
}

fn told(error: &StudyError) -> String {
    assert!(matches!(error, StudyError::OtherConfiguration { .. } | StudyError::ByHand { .. }), "{error}");
    error.to_string()
}

#[test]
fn more_trials_are_added_and_everything_that_has_ended_stays() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let before = ended(&study, 0);
    let (longer, changed) = Study::create_or_extend(study.folder(), longer()).unwrap();
    assert_eq!(changed.len(), 1);
    assert!(changed[0].to_string().starts_with("stages: "), "{}", changed[0]);
    assert_eq!((ended(&longer, 0), known(&longer, 0).len()), (before, 8), "four samples, two seeds");
    assert_eq!(Study::create_or_extend(study.folder(), longer.config().clone()).unwrap().1, []);
}

/// Of more samples others are the best: what was trained for those that are no longer among them waits for its time.
#[test]
fn the_best_of_more_samples_are_drawn_anew_and_the_long_runs_of_displaced_ones_stay_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let before = ended(&study, 1);
    assert_eq!(before.len(), 3 * 2, "three samples, two seeds");
    let many = StudyConfig { stages: vec![Stage::of(20, 40), Stage::of_best(40, 3)], ..config() };
    let (many, _) = Study::create_or_extend(study.folder(), many).unwrap();
    let waiting = many.records().unwrap().others;
    assert_eq!((waiting.len(), waiting[0].trials), (1, 6), "until the new samples have ended: {waiting:?}");
    assert!(waiting[0].to_string().contains("choose them again"), "{}", waiting[0]);
    tune(&many);
    let after = ended(&many, 1);
    let displaced = before.iter().filter(|trial| !after.contains(trial)).count();
    assert!(after.len() == 6 && displaced > 0, "the best of 40 are not those of the first 8: {after:?}");
    let others = many.records().unwrap().others;
    assert_eq!((others.len(), others[0].trials), (1, displaced), "{others:?}");
    assert!(others[0].to_string().contains("other results to choose them from"), "{}", others[0]);
    fs::write(study.folder().join("study.toml"), config().to_toml()).unwrap();
    let restored = Study::open(study.folder()).unwrap();
    assert_eq!((ended(&restored, 1), restored.missing().unwrap()), (before, Vec::new()), "the inverse edit");
}

#[test]
fn circumstances_are_changed_by_name_and_every_record_goes_on_belonging_unless_a_person_wrote_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let before = ended(&study, 0);
    let text = |path: &str| toml::Table::from_iter([("text".to_owned(), toml::Value::from(path))]);
    let (study, changed) = study.remade_with(text("/old")).unwrap();
    assert_eq!(changed[0].to_string(), "made-with.text: absent there, \"/old\" asked for");
    let (study, changed) = study.remade_with(text("/new")).unwrap();
    assert_eq!(changed[0].to_string(), "made-with.text: \"/old\" there, \"/new\" asked for");
    assert_eq!(study.config().made_with, text("/new"));
    assert_eq!(ended(&study, 0), before);
    let (study, changed) = study.remade_with(text("/new")).unwrap();
    assert_eq!(changed, []);
    let path = study.folder().join("study.toml");
    let by_hand = format!("# mine\n{}", fs::read_to_string(&path).unwrap());
    fs::write(&path, &by_hand).unwrap();
    let error = study.remade_with(text("/newer")).unwrap_err();
    assert!(told(&error).contains("made-with.text: \"/new\" there, \"/newer\" asked for"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), by_hand);
}

#[test]
fn another_target_is_taken_and_changes_no_trial() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let before = ended(&study, 0);
    let wide = StudyConfig { target: toml::from_str("width = 4096").unwrap(), ..config() };
    let (wide, changed) = Study::create_or_extend(study.folder(), wide).unwrap();
    assert_eq!(changed[0].to_string(), "target.width: absent there, 4096 asked for");
    assert_eq!((ended(&wide, 0), wide.missing().unwrap()), (before, Vec::new()));
}

#[test]
fn what_would_leave_results_behind_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let file = study.folder().join("study.toml");
    let written = fs::read(&file).unwrap();
    let fewer = StudyConfig { stages: vec![Stage::of(20, 4), Stage::of_best(40, 3)], ..config() };
    let horizon = StudyConfig { stages: vec![Stage::of(30, 12), Stage::of_best(40, 3)], ..config() };
    let one_stage = StudyConfig { stages: vec![Stage::of(20, 12)], ..config() };
    let seed = StudyConfig { seed: 5, ..longer() };
    for asked in [fewer, horizon, one_stage, seed] {
        let message = told(&Study::create_or_extend(study.folder(), asked).unwrap_err());
        assert!(message.contains("another folder") && message.contains("stages: "), "{message}");
    }
    assert_eq!(fs::read(&file).unwrap(), written);
}

#[test]
fn a_description_that_a_person_edited_is_left_to_him_with_what_to_change() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let file = study.folder().join("study.toml");
    let edited = format!("# the rate, for the thesis\n{}", fs::read_to_string(&file).unwrap());
    fs::write(&file, &edited).unwrap();
    let message = told(&Study::create_or_extend(study.folder(), longer()).unwrap_err());
    assert!(message.contains("by hand") && message.contains("stages: ") && message.contains("study.toml"), "{message}");
    assert_eq!(fs::read_to_string(&file).unwrap(), edited);
}
