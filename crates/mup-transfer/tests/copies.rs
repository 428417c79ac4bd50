//! Samples that are copies of one another: counted where they stand, and once where they are evidence.

mod synthetic;

use std::collections::BTreeSet;

use mup_study::{Dimension, Record, Search, Space, Stage, StudyConfig, StudyTrial, Values};
use mup_transfer::{NoiseSource, Warning, choose};

use synthetic::{End, number, run};

/// 32 random samples of 8 listed rates.
fn listed(seeds: Vec<u64>) -> StudyConfig {
    let rates = Dimension::Grid((0..8).map(|i| 2.0_f64.powi(i - 12)).collect());
    let space = Space::default().with("learning-rate", rates);
    StudyConfig { search: Search::Random, seeds, space, ..StudyConfig::new(Space::default(), vec![Stage::of(40, 32)]) }
}

fn octaves_from_the_best(trial: &StudyTrial) -> f64 {
    number(&trial.values, "learning-rate").log2() + 9.0
}

/// A bowl, with noise that is the same wherever a run stands.
fn listed_bowl(trial: &StudyTrial) -> End {
    let x = octaves_from_the_best(trial);
    let noise = ((7.0 * x + 3.0 * trial.seed as f64).sin() * 1e4).fract();
    End::Loss(2.0 + 0.05 * x * x + 0.001 * noise)
}

#[test]
fn samples_with_the_same_values_are_one_run_and_tell_nothing_of_noise_twice() {
    let config = listed(vec![0]);
    let records = run(&config, listed_bowl);
    let distinct = records.records.iter().map(|record| record.trial.name()).collect::<BTreeSet<_>>();
    assert_eq!((records.records.len(), distinct.len()), (32, 8), "the case that this is about");
    let choice = choose(&config, &records).unwrap();
    assert_eq!(choice.noise, None, "a half of 8 runs is too few for a fit of 3 coefficients");
    assert_eq!((choice.as_good, &choice.importance), (None, &None), "8 runs are fewer than importance needs");
    assert_eq!(choice.counts[0].finished, 32, "places are counted as they are");
    let seen: Vec<&Values> =
        choice.runners_up.iter().chain([&choice.best]).map(|candidate| &candidate.values).collect();
    assert!((0..6).all(|i| (0..i).all(|j| seen[i] != seen[j])), "a runner-up has other values: {seen:?}");
    let few = |warning: &Warning| matches!(warning, Warning::FewSamples { .. });
    assert!(!choice.warnings.iter().any(few), "all 8 of the list were tried");
}

#[test]
fn with_two_seeds_the_freedom_of_the_noise_is_that_of_the_distinct_runs() {
    let config = listed(vec![0, 1]);
    let choice = choose(&config, &run(&config, listed_bowl)).unwrap();
    let noise = choice.noise.unwrap();
    assert_eq!((noise.degrees_of_freedom, noise.source), (4, NoiseSource::Seeds { samples: 4 }));
    assert_eq!(choice.as_good, Some(1), "{choice}");
}

#[test]
fn copies_of_a_few_values_of_a_long_list_are_few_samples() {
    let rates = Dimension::Grid((0..1000).map(|i| 1e-4 + 1e-5 * f64::from(i)).collect());
    let config = StudyConfig { space: Space::default().with("learning-rate", rates), ..listed(vec![0]) };
    let mut records = run(&config, |trial| End::Loss(2.0 + number(&trial.values, "learning-rate")));
    // Every record becomes a copy of one of four.
    for i in 4..records.records.len() {
        let (of, trial) = (records.records[i % 4].clone(), &records.records[i].trial);
        let trial = StudyTrial::new(trial.stage, trial.sample, of.trial.trial().clone());
        records.records[i] = Record { trial, ..of };
    }
    let choice = choose(&config, &records).unwrap();
    let few = |warning: &Warning| matches!(warning, Warning::FewSamples { samples: 4, advised: 8, .. });
    assert!(choice.warnings.iter().any(few), "{choice}");
    assert_eq!(choice.runners_up.len(), 3);
}

#[test]
fn importance_rests_on_distinct_runs() {
    let list = || Dimension::Grid((0..8).map(|i| 2.0_f64.powi(i - 12)).collect());
    let space = Space::default().with("learning-rate", list()).with("init-scale", list());
    let config = StudyConfig { space, ..listed(vec![0]) };
    let config = StudyConfig { stages: vec![Stage::of(40, 64)], ..config };
    let records = run(&config, listed_bowl);
    let distinct = records.records.iter().map(|record| record.trial.name()).collect::<BTreeSet<_>>().len();
    assert!((16..60).contains(&distinct), "{distinct}");
    let choice = choose(&config, &records).unwrap();
    assert_eq!(choice.importance.unwrap().samples, distinct);
    let NoiseSource::Fit { samples, .. } = choice.noise.unwrap().source else { panic!() };
    assert_eq!(samples, distinct.div_ceil(2));
}

#[test]
fn a_stage_of_the_best_misses_the_distinct_runs_and_in_the_first_version_their_copies_too() {
    let stages = vec![Stage::of(40, 32), Stage::of_best(160, 16)];
    let config = StudyConfig { stages, ..listed(vec![0]) };
    let records = run(&config, |trial| if trial.steps > 40 { End::Missing } else { listed_bowl(trial) });
    let missing = |config: &StudyConfig| choose(config, &records).unwrap().counts[1].missing;
    assert_eq!(missing(&config), 8);
    assert_eq!(missing(&StudyConfig { version: 1, ..config }), 16);
}
