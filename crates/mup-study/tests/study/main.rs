//! The study's directory: what it remembers, what it refuses, what may be lost.

mod bad_input;
mod edits;
mod extension;
mod first_version;
mod mistakes;
mod search;
mod stages;
mod workers;

use std::path::Path;

use mup_study::launch::{Silent, Tuned, run_locally};
use mup_study::{Space, Stage, Study, StudyConfig, StudyError, StudyTrial, TrialCurve, TrialEnd};

/// A rate search over two horizons.
fn config() -> StudyConfig {
    let stages = vec![Stage::of(20, 8), Stage::of_best(40, 3)];
    StudyConfig { seeds: vec![0, 1], ..StudyConfig::new(Space::named("rate").unwrap(), stages) }
}

fn create(folder: &Path) -> Study {
    Study::create(&folder.join("study"), config()).unwrap()
}

fn rate(trial: &StudyTrial) -> f64 {
    trial.values.get("learning-rate").unwrap().number().unwrap()
}

/// A parabola in the logarithm of the rate with its bottom at 2^-7, the higher the fewer steps.
fn losses(trial: &StudyTrial) -> Vec<f64> {
    let end = 1.0 + 0.01 * (rate(trial).log2() + 7.0).powi(2) + 0.001 * trial.seed as f64;
    (0..trial.steps).map(|step| end + 4.0 / (step + 1) as f64).collect()
}

fn train(trial: &StudyTrial) -> Result<TrialEnd, StudyError> {
    Ok(TrialCurve { losses: losses(trial), ..TrialCurve::default() }.into())
}

/// Trials of a stage that are known and have not ended.
fn known(study: &Study, stage: usize) -> Vec<StudyTrial> {
    let missing = study.missing().unwrap().into_iter().map(|(_, trial)| trial);
    missing.filter(|trial| trial.stage == stage).collect()
}

/// Trials of a stage that have ended.
fn ended(study: &Study, stage: usize) -> Vec<StudyTrial> {
    let records = study.records().unwrap().records.into_iter().map(|record| record.trial);
    records.filter(|trial| trial.stage == stage).collect()
}

fn tune(study: &Study) -> Tuned {
    run_locally(study, 2, &|| false, &Silent, &|trial, _| train(trial)).unwrap()
}
