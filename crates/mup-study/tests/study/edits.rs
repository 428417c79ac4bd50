//! Edits of `study.toml`: whatever is edited, nothing is lost, and the inverse edit brings everything back.

use std::cell::Cell;
use std::fs;

use mup_study::{Dimension, Failure, Program, Search, Setting};
use proptest::prelude::*;

use super::*;

/// Counts what is trained.
fn tune_counting(study: &Study) -> usize {
    let trained = std::sync::atomic::AtomicUsize::new(0);
    let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
        trained.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let place = trial.values.iter().map(|(_, value)| value.number().unwrap_or(1.0)).sum::<f64>();
        let end = 1.0 + 0.01 * (place.ln() + 3.0).powi(2) + 0.001 * trial.seed as f64;
        let losses = (0..trial.steps).map(|step| end + 4.0 / (step + 1) as f64).collect();
        Ok::<_, StudyError>(TrialCurve { losses, ..TrialCurve::default() }.into())
    };
    assert_eq!(run_locally(study, 1, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
    trained.into_inner()
}

fn write(folder: &Path, config: &StudyConfig) -> Study {
    fs::write(folder.join("study.toml"), config.to_toml()).unwrap();
    Study::open(folder).unwrap()
}

fn small() -> StudyConfig {
    let stages = vec![Stage::of(4, 4), Stage::of_best(8, 2)];
    let program = Program { command: vec!["a".to_owned()], timeout_seconds: None, threads: 1 };
    let proxy = toml::Table::from_iter([("width".to_owned(), 64.into())]);
    let space = Space::named("rate").unwrap();
    StudyConfig { program: Some(program), proxy, round: 2, ..StudyConfig::new(space, stages) }
}

/// One edit of each field that decides which trials there are or what they are.
fn edited(config: &StudyConfig, field: usize, value: usize) -> StudyConfig {
    let mut config = config.clone();
    match field {
        0 => config.seed = value as u64,
        1 => config.search = [Search::Random, Search::Sobol, Search::Tpe][value % 3],
        2 => config.round = 1 + value,
        3 => config.seeds = (0..=value as u64 % 3).collect(),
        4 => config.stages[0].steps = 3 + value % 5,
        5 => config.stages[0].trials = Some(2 + value),
        6 => config.stages.truncate(1),
        7 => config.stages.push(Stage::of(9 + config.stages.len(), 1 + value)),
        8 => config.space = config.space.with("n", Dimension::Integer([1, 2 + value as i64])),
        9 => config.space = Space::default().with("learning-rate", Dimension::Uniform([0.01, 1.0 + value as f64])),
        10 => config.space = config.space.with("n", Dimension::Fixed(Setting::Integer(value as i64))),
        11 => config.program.as_mut().unwrap().command.push(value.to_string()),
        12 => drop(config.proxy.insert("width".to_owned(), (65 + value as i64).into())),
        13 => config.last_share = 0.25 * (1 + value % 4) as f64,
        // Listed values: several samples share one content.
        14 => {
            let list = (0..2 + value % 3).map(|one| Setting::Integer(one as i64)).collect();
            config.space = Space::default().with("learning-rate", Dimension::Categorical(list));
        }
        15 => config.space = Space::default().with("learning-rate", Dimension::Grid(vec![0.1, 0.2 + value as f64])),
        _ => config.program.as_mut().unwrap().timeout_seconds = Some(1 + value as u64),
    }
    config
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_edited_the_inverse_edit_restores_every_result_without_training(
        edits in proptest::collection::vec((0_usize..17, 0_usize..6, any::<bool>()), 1..5)
    ) {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let path = folder.path().join("study");
        let mut steps = vec![small()];
        let first = Study::create(&path, small()).unwrap();
        tune_counting(&first);
        let mut seen = vec![first.records().unwrap().records];
        for (field, value, tunes) in edits {
            let config = edited(steps.last().unwrap(), field, value);
            let study = write(&path, &config);
            if tunes {
                tune_counting(&study);
            }
            seen.push(study.records().unwrap().records);
            steps.push(config);
        }
        while let (Some(config), Some(records)) = (steps.pop(), seen.pop()) {
            let study = write(&path, &config);
            let found = study.records().unwrap();
            // Others may have been added by edits after it, if it was not tuned then.
            for record in &records {
                prop_assert!(found.records.contains(record), "{}", record.trial.place());
            }
            prop_assert!(found.damaged.is_empty());
        }
        prop_assert_eq!(tune_counting(&Study::open(&path).unwrap()), 0);
        let names = fs::read_dir(path.join("trials")).unwrap().map(|entry| entry.unwrap().file_name());
        prop_assert!(names.into_iter().all(|name| name.to_string_lossy().ends_with(".json")), "nothing was set aside");
    }
}

#[test]
fn what_no_longer_belongs_is_counted_with_what_it_differs_in() {
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(&folder.path().join("study"), small()).unwrap();
    tune_counting(&study);
    let space = small().space.with("n", Dimension::Integer([1, 2]));
    for (config, trials, said) in [
        (edited(&small(), 12, 63), 6, "proxy.width: 64 there, 128 now"),
        (edited(&small(), 11, 7), 6, "program"),
        (edited(&small(), 0, 9), 6, "seed: 0 there, 9 now"),
        (edited(&small(), 1, 1), 6, "search: \"random\" there, \"sobol\" now"),
        (edited(&small(), 4, 5), 4, "steps: 4 there, 3, 8 now"),
        (StudyConfig { seeds: vec![5], ..small() }, 6, "seeds: 0 there, 5 now"),
        (StudyConfig { space, ..small() }, 6, "space.n"),
        (edited(&small(), 5, 0), 2, "trials"),
    ] {
        let found = write(study.folder(), &config).records().unwrap();
        let counted: usize = found.others.iter().map(|others| others.trials).sum();
        let text: Vec<String> = found.others.iter().map(ToString::to_string).collect();
        assert!(counted >= trials && text.iter().any(|text| text.contains(said)), "{said}: {text:?}");
    }
    let found = write(study.folder(), &small()).records().unwrap();
    assert_eq!((found.others, found.missing, found.records.len()), (Vec::new(), 0, 6));
}

#[test]
fn a_shorter_study_says_what_it_leaves_and_a_longer_one_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(&folder.path().join("study"), small()).unwrap();
    tune_counting(&study);
    let fewer = write(study.folder(), &edited(&small(), 5, 0));
    assert_eq!(tune_counting(&fewer), 0, "its samples are among those that were there");
    assert_eq!(tune_counting(&write(study.folder(), &small())), 0);
}

#[test]
fn two_places_with_one_content_share_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let space = Space::default().with("n", Dimension::Integer([1, 2]));
    let config = StudyConfig { search: Search::Random, ..StudyConfig::new(space, vec![Stage::of(4, 15)]) };
    let study = Study::create(&folder.path().join("study"), config).unwrap();
    assert_eq!(tune_counting(&study), 2, "there are two values");
    let found = study.records().unwrap();
    assert_eq!((found.records.len(), found.missing), (15, 0));
    assert_eq!(fs::read_dir(study.folder().join("trials")).unwrap().count(), 2);
}

#[test]
fn how_losses_are_averaged_is_decided_when_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let config = StudyConfig { last_share: 1.0, ..small() };
    let study = Study::create(&folder.path().join("study"), config.clone()).unwrap();
    let trained = Cell::new(0);
    // Half of it under one way to judge, half under another.
    for index in 0..2 {
        let trial = study.trial(index).unwrap();
        study.run(&trial, || train(&trial)).unwrap();
        trained.set(trained.get() + 1);
    }
    let all = study.records().unwrap().records[0].clone();
    let study = write(study.folder(), &StudyConfig { last_share: 0.1, ..config.clone() });
    run_locally(&study, 1, &|| false, &Silent, &|trial, _| train(trial)).unwrap();
    let records = study.records().unwrap().records;
    for record in &records {
        let last = *record.curve.losses.last().unwrap();
        assert!((record.outcome.loss().unwrap() - last).abs() < 1e-12, "{}", record.trial.place());
    }
    assert_eq!((records[0].trial.clone(), records[0].curve.clone()), (all.trial.clone(), all.curve.clone()));
    assert!(all.outcome.loss().unwrap() > records[0].outcome.loss().unwrap());
}

#[test]
fn a_failed_trial_of_another_configuration_is_left_alone_by_retry() {
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(&folder.path().join("study"), small()).unwrap();
    let trial = study.trial(0).unwrap();
    let failure = Some(Failure::TimedOut { seconds: 1 });
    study.run(&trial, || Ok::<_, StudyError>(TrialEnd { failure, ..TrialEnd::default() })).unwrap();
    assert_eq!(write(study.folder(), &edited(&small(), 0, 1)).retry().unwrap().trials.len(), 0);
    assert_eq!(write(study.folder(), &small()).retry().unwrap().trials.len(), 1);
}

#[test]
fn what_is_left_is_said_before_anything_is_trained() {
    #[derive(Default)]
    struct Heard(std::sync::Mutex<Vec<String>>);
    impl mup_study::launch::Watch for Heard {
        fn say(&self, line: &str) {
            self.0.lock().unwrap().push(line.to_owned());
        }
        fn begin(&self, _trial: &StudyTrial) {
            self.0.lock().unwrap().push("begins".to_owned());
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(&folder.path().join("study"), small()).unwrap();
    tune_counting(&study);
    let (heard, study) = (Heard::default(), write(study.folder(), &edited(&small(), 12, 0)));
    run_locally(&study, 1, &|| false, &heard, &|trial, _| train(trial)).unwrap();
    let heard = heard.0.into_inner().unwrap();
    assert!(heard[0].starts_with("6 ended trials belong to another configuration (proxy.width: 64 there, 65 now)"));
    assert_eq!(heard.iter().filter(|line| *line == "begins").count(), 6);
}

#[test]
fn while_a_study_waits_what_belongs_no_longer_is_told_from_what_may_belong_later() {
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(&folder.path().join("study"), small()).unwrap();
    tune_counting(&study);
    let first = study.trial(0).unwrap();
    fs::remove_file(study.folder().join("trials").join(format!("{}.json", first.name()))).unwrap();
    let others = |study: &Study| study.records().unwrap().others.iter().map(ToString::to_string).collect::<Vec<_>>();
    let later = "2 ended trials perhaps belong to a stage or round that waits for others: used if the results before them \
                 choose them again";
    assert_eq!(others(&study), [later]);
    let fewer = write(study.folder(), &StudyConfig { stages: vec![Stage::of(4, 3), Stage::of_best(8, 2)], ..small() });
    let mut said = others(&fewer);
    said.sort();
    assert!(
        said[0].starts_with("1 ended trial belongs to another configuration (samples: there were more"),
        "{said:?}"
    );
    assert_eq!((said.len(), said[1].as_str()), (2, later));
    assert_eq!(tune_counting(&write(study.folder(), &small())), 1, "they were of the later wave");
    assert_eq!(others(&study), [""; 0]);
}
