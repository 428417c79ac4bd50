//! What keeps a wrong value from being chosen without a word: losses that hide, knobs that do nothing, rates that no loss
//! explains.

mod hidden;
mod ignored;
mod rates;
#[path = "../synthetic/mod.rs"]
mod synthetic;

use mup_study::{Dimension, Records, Search, Setting, Space, Stage, StudyConfig, StudyTrial, Trial};
use mup_transfer::{Choice, FrozenLoss, Warning, choose};

use synthetic::{End, chance, number, run};

const STEPS: usize = 30;

fn rate_study(trials: usize) -> StudyConfig {
    StudyConfig {
        search: Search::Sobol,
        ..StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(STEPS, trials)])
    }
}

/// The base-2 logarithm of the rate.
fn octave(trial: &StudyTrial) -> f64 {
    number(&trial.values, "learning-rate").log2()
}

/// The same place with another trial.
fn changed(trial: &StudyTrial, change: impl FnOnce(&mut Trial)) -> StudyTrial {
    let mut other = trial.trial().clone();
    change(&mut other);
    StudyTrial::new(trial.stage, trial.sample, other)
}

/// A run that learns best at 2^-9, with noise of its batches.
fn healthy(trial: &StudyTrial) -> Vec<f64> {
    let level = 2.0 + 0.05 * (octave(trial) + 9.0).powi(2);
    let noise = |step: usize| chance(&changed(trial, |trial| trial.seed += 1 + step as u64));
    (0..trial.steps)
        .map(|step| {
            let share = step as f64 / trial.steps as f64;
            let first = if step == 0 { 0.0 } else { 0.01 * noise(step) };
            level + (5.0 - level) * (-6.0 * share).exp() + first
        })
        .collect()
}

fn said(choice: &Choice) -> String {
    choice.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What `choose` says where nothing has finished.
fn refusal(end: impl Fn(&StudyTrial) -> End) -> String {
    let config = rate_study(16);
    choose(&config, &run(&config, end)).unwrap_err().to_string()
}
