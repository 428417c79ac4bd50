//! A choice over several horizons: what diverges at the long one is not chosen at the short one.

mod synthetic;

use mup_study::{Records, Search, Space, Stage, StudyConfig, StudyTrial, Values};
use mup_transfer::{ChoiceError, choose};

use synthetic::{End, chance, number, run};

/// A bowl around 10^-2.5.
fn bowl(trial: &StudyTrial) -> End {
    let x = number(&trial.values, "learning-rate").log10() + 2.5;
    End::Loss(2.0 + 0.1 * x * x + 0.002 * chance(trial))
}

/// Of 16 samples the best go on; what they do there.
fn going_on(best: usize, long: impl Fn(&StudyTrial) -> End) -> (StudyConfig, Records) {
    let config = StudyConfig {
        search: Search::Sobol,
        ..StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(20, 16), Stage::of_best(80, best)])
    };
    let records = run(&config, |trial| if trial.steps > 20 { long(trial) } else { bowl(trial) });
    (config, records)
}

#[test]
fn a_sample_that_diverges_at_the_long_horizon_is_not_chosen_at_the_short_one() {
    let diverges = |trial: &StudyTrial| {
        let mut losses = synthetic::curve(trial.steps, 2.0).losses;
        losses[25] = f64::NAN;
        End::Losses(losses)
    };
    let (config, records) = going_on(4, diverges);
    let choice = choose(&config, &records).unwrap();
    let went_on: Vec<usize> =
        records.records.iter().filter(|record| record.trial.stage == 1).map(|record| record.trial.sample).collect();
    assert!(went_on.len() == 4 && choice.best.steps == 20, "{choice}");
    assert!(!went_on.contains(&choice.best.sample), "{choice}");
    assert!(choice.runners_up.iter().all(|one| !went_on.contains(&one.sample)), "{choice}");
    let text = choice.to_string();
    assert!(text.starts_with("warning: no sample survived the longer horizon: of 4 trained over 80 steps 4"), "{text}");
    let parts = ["(the first at step 25)", "do not train the target with it", "raise `best`"];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    assert_eq!(text.matches("no sample survived").count(), 1, "{text}");
    let json = serde_json::to_string(&choice).unwrap();
    assert_eq!(serde_json::from_str::<mup_transfer::Choice>(&json).unwrap(), choice);
}

#[test]
fn where_some_survive_the_long_horizon_one_of_them_is_chosen_without_that_warning() {
    let above = |values: &Values| number(values, "learning-rate").log10() > -2.5;
    let (config, records) = going_on(4, |trial| if above(&trial.values) { End::Diverged } else { bowl(trial) });
    let choice = choose(&config, &records).unwrap();
    assert!(choice.best.steps == 80 && !above(&choice.best.values), "{choice}");
    assert!(!choice.to_string().contains("survived"), "{choice}");
}

#[test]
fn where_every_sample_diverged_at_the_long_horizon_nothing_is_chosen() {
    let (config, records) = going_on(16, |_| End::Diverged);
    let error = choose(&config, &records).unwrap_err();
    assert!(matches!(error, ChoiceError::NoneSurvived { short: 20, long: 80, .. }), "{error:?}");
    assert!(error.to_string().contains("lower the range of the learning rate"), "{error}");
}
