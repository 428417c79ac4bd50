//! Adaptive search on disk.

use mup_study::Search;

use super::*;

fn adaptive(folder: &Path) -> Study {
    let config = StudyConfig::new(Space::gpt3(), vec![Stage::of(10, 20), Stage::of_best(20, 2)]);
    let config = StudyConfig { search: Search::Tpe, round: 6, ..config };
    Study::create(&folder.join("study"), config).unwrap()
}

fn order(study: &Study) -> Vec<(usize, f64)> {
    study.records().unwrap().records.iter().map(|record| (record.trial.sample, rate(&record.trial))).collect()
}

#[test]
fn an_adaptive_search_is_the_same_whatever_the_number_of_workers() {
    let (one, many) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let studies = [(adaptive(one.path()), 1), (adaptive(many.path()), 6)];
    for (study, jobs) in &studies {
        run_locally(study, *jobs, &|| false, &Silent, &|trial, _| train(trial)).unwrap();
    }
    assert_eq!(order(&studies[0].0), order(&studies[1].0));
    assert_eq!(order(&studies[0].0).len(), 22);
}

#[test]
fn a_round_waits_for_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let study = adaptive(folder.path());
    let first = known(&study, 0);
    assert_eq!(first.len(), 6);
    for (number, trial) in first.iter().enumerate() {
        assert_eq!(known(&study, 0).len(), 6 - number);
        study.run(trial, || train(trial)).unwrap();
    }
    let second = study.missing().unwrap();
    assert_eq!((second.len(), second[0].0, second[0].1.sample), (6, 6, 6));
    assert!(matches!(study.trial(12), Err(StudyError::Waiting { index: 12 })));
}
