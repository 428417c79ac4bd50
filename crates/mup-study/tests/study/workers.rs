//! Several workers, and those that stop.

use std::sync::atomic::{AtomicUsize, Ordering};

use mup_study::Failure;

use super::*;

#[test]
fn two_workers_share_a_study_and_repeat_nothing() {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path());
    let begun = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let study = Study::open(&folder.path().join("study")).unwrap();
                let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
                    begun.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(std::time::Duration::from_millis(5));
                    train(trial)
                };
                assert_eq!(run_locally(&study, 2, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
            });
        }
    });
    assert_eq!(begun.load(Ordering::Relaxed), 22);
    let study = Study::open(&folder.path().join("study")).unwrap();
    assert_eq!(study.records().unwrap().records.len(), 22);
}

#[test]
fn a_stopped_study_keeps_what_has_ended_and_continues() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let begun = AtomicUsize::new(0);
    let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
        begun.fetch_add(1, Ordering::Relaxed);
        train(trial)
    };
    let stop = || begun.load(Ordering::Relaxed) >= 5;
    assert_eq!(run_locally(&study, 1, &stop, &Silent, &run).unwrap(), Tuned::Stopped);
    assert_eq!(study.records().unwrap().records.len(), 5);
    assert_eq!(run_locally(&study, 1, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
    assert_eq!(begun.load(Ordering::Relaxed), 22);
}

#[test]
fn of_two_that_create_one_folder_with_different_configurations_exactly_one_does() {
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study");
        let create = |seed| Study::create(&path, StudyConfig { seed, ..config() });
        let created: Vec<Result<Study, StudyError>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|i| scope.spawn(move || create(i % 2))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let there = Study::open(&path).unwrap().config().seed;
        for (i, created) in created.iter().enumerate() {
            match created {
                Ok(study) => assert_eq!((study.config().seed, i as u64 % 2), (there, there), "round {round}"),
                Err(StudyError::OtherConfiguration { .. }) => assert_ne!(i as u64 % 2, there, "round {round}"),
                Err(error) => panic!("round {round}: {error}"),
            }
        }
    }
}

#[test]
fn a_trial_that_becomes_missing_again_is_run_before_tuning_ends() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let (begun, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
        if begun.fetch_add(1, Ordering::Relaxed) == 3 {
            failed.fetch_add(1, Ordering::Relaxed);
            return Ok(TrialEnd { failure: Some(Failure::TimedOut { seconds: 1 }), ..TrialEnd::default() });
        }
        if trial.stage == 1 && failed.swap(0, Ordering::Relaxed) == 1 {
            // Somebody uses `retry` in another terminal.
            assert_eq!(Study::open(&folder.path().join("study")).unwrap().retry().unwrap().trials.len(), 1);
        }
        train(trial)
    };
    assert_eq!(run_locally::<StudyError>(&study, 1, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
    let records = Study::open(study.folder()).unwrap().records().unwrap();
    assert_eq!(records.missing, 0);
    assert!(records.records.iter().all(|record| record.outcome.loss().is_some()));
}

#[test]
fn a_worker_sees_what_others_add_and_take_away() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let other = Study::open(study.folder()).unwrap();
    let trial = study.trial(0).unwrap();
    assert_eq!(other.records().unwrap().missing, 16);
    study.run(&trial, || train(&trial)).unwrap();
    assert_eq!(other.records().unwrap().missing, 15);
    std::fs::remove_file(study.folder().join("trials").join(format!("{}.json", trial.name()))).unwrap();
    assert_eq!(other.records().unwrap().missing, 16);
    assert_eq!(other.find(&trial).unwrap(), None);
}
