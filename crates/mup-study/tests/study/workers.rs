//! Several workers, and those that stop.

use std::sync::atomic::{AtomicUsize, Ordering};

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
fn a_claim_is_free_again_when_its_holder_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let trial = study.trial(0).unwrap();
    let claim = study.claim(&trial).unwrap();
    assert!(claim.is_some());
    assert!(study.claim(&trial).unwrap().is_none());
    drop(claim);
    assert!(study.claim(&trial).unwrap().is_some());
}
