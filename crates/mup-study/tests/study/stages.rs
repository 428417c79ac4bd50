//! Stages and horizons.

use mup_study::launch::{Silent, run_locally};
use mup_study::{Dimension, Failure, Search, Stage, StudyError};

use super::*;

#[test]
fn the_best_of_the_short_horizon_run_again_over_the_long_one() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    assert_eq!(study.config().n_trials(), (8 + 3) * 2);
    assert_eq!(known(&study, 1), [], "nothing has ended, so nobody knows the best");
    assert!(matches!(study.trial(16), Err(StudyError::Waiting { index: 16 })));
    assert_eq!(tune(&study), Tuned::Finished);
    let records = study.records().unwrap();
    assert_eq!((records.records.len(), records.missing), (22, 0));
    let mut short: Vec<_> = records.records[..16].iter().step_by(2).collect();
    short.sort_by(|a, b| a.outcome.loss().unwrap().total_cmp(&b.outcome.loss().unwrap()));
    let best: Vec<usize> = short[..3].iter().map(|record| record.trial.sample).collect();
    let long: Vec<usize> = records.records[16..].iter().step_by(2).map(|record| record.trial.sample).collect();
    assert_eq!(long, best);
    assert!(records.records[16..].iter().all(|record| record.trial.steps == 40 && record.curve.losses.len() == 40));
}

#[test]
fn indices_count_through_all_stages_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    tune(&study);
    let records = study.records().unwrap().records;
    for (index, record) in records.iter().enumerate() {
        assert_eq!(study.trial(index).unwrap(), record.trial);
    }
    assert!(matches!(study.trial(22), Err(StudyError::NoSuchTrial { index: 22, trials: 22 })));
}

#[test]
fn a_sample_goes_on_only_if_all_its_seeds_finished() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| match (trial.sample, trial.seed) {
        (0, 1) => Ok(TrialCurve { losses: vec![f64::NAN], ..TrialCurve::default() }.into()),
        (1, 0) => Ok(TrialEnd { failure: Some(Failure::TimedOut { seconds: 1 }), ..TrialEnd::default() }),
        (sample, _) if sample < 6 => train(trial),
        _ => Ok(TrialCurve { losses: vec![1.0, 9.0], ..TrialCurve::default() }.into()),
    };
    run_locally(&study, 1, &|| false, &Silent, &run).unwrap();
    let mut long: Vec<usize> = ended(&study, 1).iter().map(|trial| trial.sample).collect();
    long.dedup();
    assert_eq!(long.len(), 3);
    assert!(long.iter().all(|sample| (2..6).contains(sample)), "{long:?}");
}

#[test]
fn fewer_go_on_if_fewer_finished() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| match trial.sample {
        5 => train(trial),
        _ => Ok(TrialCurve { losses: vec![f64::INFINITY], ..TrialCurve::default() }.into()),
    };
    assert_eq!(run_locally::<StudyError>(&study, 1, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
    assert_eq!(study.records().unwrap().records.len(), 16 + 2);
    assert!(matches!(study.trial(18), Err(StudyError::NoSuchTrial { .. })));
}

#[test]
fn a_loss_that_hides_nan_goes_on_behind_all_others_and_is_remarked() {
    // From step 5 on 0, as of a trainer that logs that for NaN.
    let went_on = |version: u32, hidden: usize| {
        let folder = tempfile::tempdir().unwrap();
        let config = StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(20, 8), Stage::of_best(40, 3)]);
        let study = Study::create(folder.path(), StudyConfig { version, ..config }).unwrap();
        let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
            let losses = (0..trial.steps).map(|step| match step {
                5.. if trial.sample < hidden => 0.0,
                _ => 2.0 + trial.sample as f64 + 1.0 / (step + 1) as f64,
            });
            Ok(TrialCurve { losses: losses.collect(), ..TrialCurve::default() }.into())
        };
        run_locally::<StudyError>(&study, 1, &|| false, &Silent, &run).unwrap();
        let records = study.records().unwrap().records;
        let remarked = records.iter().filter(|one| one.remarks().iter().any(|remark| remark.contains("NaN"))).count();
        let long = records.iter().filter(|one| one.trial.stage == 1).map(|one| one.trial.sample);
        (long.collect::<Vec<_>>(), remarked)
    };
    assert_eq!(went_on(2, 2), (vec![2, 3, 4], 2));
    assert_eq!(went_on(2, 6), (vec![6, 7, 0], 6 + 1));
    assert_eq!(went_on(2, 8).0, [0, 1, 2], "there are no others");
    assert_eq!(went_on(1, 2).0, [0, 1, 2], "it goes on where it went");
}

#[test]
fn an_adaptive_search_is_not_led_to_where_nan_is_hidden() {
    let high = |hides: bool| {
        let folder = tempfile::tempdir().unwrap();
        let config = StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(20, 64)]);
        let study = Study::create(folder.path(), StudyConfig { search: Search::Tpe, ..config }).unwrap();
        let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
            let place = rate(trial).log10();
            let losses = (0..trial.steps).map(|step| match step {
                5.. if place > -2.0 => {
                    if hides {
                        0.0
                    } else {
                        f64::NAN
                    }
                }
                _ => 2.0 + (place + 3.0).powi(2) + 1.0 / (step + 1) as f64,
            });
            Ok(TrialCurve { losses: losses.collect(), ..TrialCurve::default() }.into())
        };
        run_locally::<StudyError>(&study, 1, &|| false, &Silent, &run).unwrap();
        study.records().unwrap().records.iter().filter(|one| rate(&one.trial).log10() > -2.0).count()
    };
    assert_eq!(high(true), high(false), "as if it had said so");
    assert!(high(true) < 32);
}

#[test]
fn new_samples_at_a_second_horizon_are_others_and_wait_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let stages = vec![Stage::of(20, 4), Stage::of(80, 2)];
    let config = StudyConfig::new(Space::gpt3(), stages);
    let study = Study::create(&folder.path().join("two"), config).unwrap();
    let trials = known(&study, 1);
    assert_eq!(trials.iter().map(|trial| trial.sample).collect::<Vec<_>>(), [1_000_000, 1_000_001]);
    let first = known(&study, 0);
    assert!(first.iter().all(|trial| trials.iter().all(|other| trial.values != other.values)));
    let stages = vec![Stage::of(20, 7), Stage::of(80, 2)];
    let more = Study::create(&folder.path().join("more"), StudyConfig::new(Space::gpt3(), stages)).unwrap();
    assert_eq!(known(&more, 0)[..4], first);
    assert_eq!(known(&more, 1), trials, "more samples in one stage change no other");
}

#[test]
fn of_samples_with_the_same_values_one_goes_on_but_in_the_first_version() {
    for (version, wanted) in [(1, [1.0, 1.0, 1.0]), (2, [1.0, 2.0, 3.0])] {
        let folder = tempfile::tempdir().unwrap();
        let space = Space::default().with("n", Dimension::Integer([1, 3]));
        let stages = vec![Stage::of(20, 12), Stage::of_best(40, 3)];
        let study = Study::create(folder.path(), StudyConfig { version, ..StudyConfig::new(space, stages) }).unwrap();
        let n = |trial: &StudyTrial| trial.values.get("n").unwrap().number().unwrap();
        let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
            Ok(TrialCurve { losses: (0..trial.steps).map(|_| n(trial)).collect(), ..TrialCurve::default() }.into())
        };
        run_locally::<StudyError>(&study, 1, &|| false, &Silent, &run).unwrap();
        let short = ended(&study, 0);
        assert!(short.iter().filter(|trial| n(trial) < 1.5).count() > 2, "there are copies");
        let went_on: Vec<f64> = ended(&study, 1).iter().map(n).collect();
        assert_eq!(went_on, wanted, "version {version}");
    }
}

#[test]
fn retry_says_how_many_ended_trials_were_chosen_from_the_failures() {
    let folder = tempfile::tempdir().unwrap();
    let study = create(folder.path());
    let failed = std::sync::atomic::AtomicBool::new(false);
    let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
        if failed.swap(true, std::sync::atomic::Ordering::Relaxed) {
            return train(trial);
        }
        Ok(TrialEnd { failure: Some(Failure::TimedOut { seconds: 1 }), ..TrialEnd::default() })
    };
    run_locally(&study, 1, &|| false, &Silent, &run).unwrap();
    let retried = study.retry().unwrap();
    assert_eq!((retried.trials.len(), retried.depending), (1, 6));
    let said = retried.to_string();
    assert!(
        said.starts_with("1 failed trial will be run again by `tune`\nwarning: 6 ended trials were chosen"),
        "{said}"
    );
    assert_eq!(tune(&study), Tuned::Finished);
    let retried = study.retry().unwrap();
    assert_eq!(retried.to_string(), "0 failed trials will be run again by `tune`");
}
