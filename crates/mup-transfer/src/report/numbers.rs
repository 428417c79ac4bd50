//! What a report says, as data.

use mup_study::{Outcome, Records, StudyConfig, StudyRecord, TrialCurve, Values};
use mup_sweep::{Optimum, Point};
use serde::{Deserialize, Serialize};

use crate::{Choice, Cost, Spent, Transfer};

/// Everything that follows from the records alone: the same records give the same numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// The study.
    pub study: StudyConfig,
    /// What it found.
    pub choice: Choice,
    /// Every trial that has ended, in order of stage, sample and seed.
    pub trials: Vec<TrialSummary>,
    /// What becomes of the chosen values in the target; none if that is not known.
    pub transfer: Option<Transfer>,
    /// What grows from proxy to target, the first of it, such as width or depth.
    #[serde(default = "width")]
    pub grows: String,
    /// Loss against learning rate at several sizes, the one that chose first; may be empty.
    pub rate_curves: Vec<RateCurve>,
    /// The target, then its controls; may be empty.
    pub runs: Vec<FinalRun>,
    /// What it took.
    pub cost: Cost,
    /// Parameters of the proxy, if its trials reported them.
    pub proxy_parameters: Option<u64>,
}

/// A trial without its losses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialSummary {
    /// Stage of the study.
    pub stage: usize,
    /// Number of the sample.
    pub sample: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Horizon.
    pub steps: usize,
    /// What was tried.
    pub values: Values,
    /// How it ended.
    pub outcome: Outcome,
    /// Validation loss at the end.
    pub validation: Option<f64>,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// Loss against learning rate for one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateCurve {
    /// Name of the parametrization.
    pub parametrization: String,
    /// Width of the model, or whatever grows.
    pub width: usize,
    /// The other hyperparameters (the rate in it is the best one).
    pub values: Values,
    /// Loss by rate, ascending.
    pub points: Vec<Point>,
    /// The optimum; none if every trial diverged.
    pub optimum: Option<Optimum>,
}

/// A run of the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinalRun {
    /// What it is, in the legend and in the tables.
    pub label: String,
    /// Name of the parametrization.
    pub parametrization: String,
    /// The model, such as `width 256, depth 8`.
    pub size: String,
    /// What it was trained with.
    pub values: Values,
    /// How those were found, if anybody tuned them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuning: Option<Tuning>,
    /// How it ended.
    pub outcome: Outcome,
    /// Its losses.
    pub curve: TrialCurve,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// How the values of a run of the target were found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tuning {
    /// By which runs, in words.
    pub by: String,
    /// What those took.
    pub spent: Spent,
}

fn width() -> String {
    "width".to_owned()
}

impl Numbers {
    /// Those of a study alone.
    #[must_use]
    pub fn new(study: StudyConfig, records: &Records, choice: Choice) -> Self {
        let mut trials: Vec<TrialSummary> = records.records.iter().map(TrialSummary::of).collect();
        trials.sort_by_key(|trial| (trial.stage, trial.sample, trial.seed));
        let cost = Cost { tuning: Spent::of_trials(&records.records), ..Cost::default() };
        let proxy_parameters = records.records.iter().map(|record| record.curve.parameters).max().filter(|n| *n > 0);
        let (rate_curves, runs, grows) = (Vec::new(), Vec::new(), width());
        Self { study, choice, trials, transfer: None, grows, rate_curves, runs, cost, proxy_parameters }
    }

    /// The same with the target's run, the first, and its controls, whose cost is added up. What one run of the target costs
    /// is that of the longest: others may have diverged after a few steps.
    #[must_use]
    pub fn with_runs(mut self, runs: Vec<FinalRun>) -> Self {
        let spend = |spent: Spent, run: &FinalRun| spent.and_run(&run.curve, run.seconds);
        let each = runs.iter().map(|run| spend(Spent::default(), run));
        let longest = each.reduce(|a, b| if b.parameter_tokens > a.parameter_tokens { b } else { a });
        let controls = runs.iter().skip(1).fold(Spent::default(), spend);
        self.cost = Cost { target: longest.unwrap_or_default(), controls, ..self.cost };
        Self { runs, ..self }
    }

    /// What finding the values of a run took, in runs of the target; none where nobody tuned, or nothing was counted.
    #[must_use]
    pub fn tuning_in_targets(&self, run: &FinalRun) -> Option<f64> {
        let tuning = run.tuning.as_ref()?.spent;
        Cost { tuning, ..self.cost }.ratio_of_compute()
    }
}

impl TrialSummary {
    fn of(record: &StudyRecord) -> Self {
        let trial = &record.trial;
        Self {
            stage: trial.stage,
            sample: trial.sample,
            seed: trial.seed,
            steps: trial.steps,
            values: trial.values.clone(),
            outcome: record.outcome.clone(),
            validation: record.curve.validation,
            seconds: record.seconds,
        }
    }
}
