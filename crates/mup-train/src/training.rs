//! The settings of a run.

use serde::{Deserialize, Serialize};

use crate::{Schedule, TrainError};

/// The settings of a run that decide its result. Where and how often checkpoints are written does not:
/// [`RunFolder`](crate::RunFolder).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Optimizer steps.
    pub steps: usize,
    /// The base learning rate at the schedule's peak.
    pub learning_rate: f64,
    /// The factor on it.
    #[serde(default)]
    pub schedule: Schedule,
    /// Batches of the data in a step, whose gradients are averaged: a larger batch of any task, of the data that as many
    /// steps of one batch would read.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub batches: usize,
    /// Micro batches of each, whose gradients are averaged, to save memory.
    #[serde(default = "one")]
    pub micro_batches: usize,
    /// Largest global norm of the gradients; none: they are measured, not clipped.
    #[serde(default)]
    pub max_norm: Option<f64>,
    /// Steps between evaluations; none: at the end alone.
    #[serde(default)]
    pub evaluate_every: Option<usize>,
    /// Seed of the device's generator, from which dropout draws; with step and micro batch it decides every mask.
    #[serde(default)]
    pub seed: u64,
}

fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_one(n: &usize) -> bool {
    *n == 1
}

impl Training {
    /// This many steps with this peak rate: linear decay, one batch in one part, no clipping, evaluation at the end.
    #[must_use]
    pub fn new(steps: usize, learning_rate: f64) -> Self {
        Self {
            steps,
            learning_rate,
            schedule: Schedule::default(),
            batches: 1,
            micro_batches: 1,
            max_norm: None,
            evaluate_every: None,
            seed: 0,
        }
    }

    /// With another schedule.
    #[must_use]
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// With several batches of the data a step.
    #[must_use]
    pub fn with_batches(mut self, n: usize) -> Self {
        self.batches = n;
        self
    }

    /// With several micro batches a batch.
    #[must_use]
    pub fn with_micro_batches(mut self, n: usize) -> Self {
        self.micro_batches = n;
        self
    }

    /// With clipping by the global norm.
    #[must_use]
    pub fn with_max_norm(mut self, max_norm: f64) -> Self {
        self.max_norm = Some(max_norm);
        self
    }

    /// With an evaluation after every `steps` steps, and at the end.
    #[must_use]
    pub fn with_evaluate_every(mut self, steps: usize) -> Self {
        self.evaluate_every = Some(steps);
        self
    }

    /// With another seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The learning rate at a step, counted from 0.
    #[must_use]
    pub fn rate(&self, step: usize) -> f64 {
        self.learning_rate * self.schedule.factor(step, self.steps)
    }

    /// Whether every setting has a meaning.
    ///
    /// # Errors
    ///
    /// [`TrainError::Setting`] naming the first that has none.
    pub fn check(&self) -> Result<(), TrainError> {
        let at_least_1 = |name, n: Option<usize>| match n {
            Some(0) => Err(TrainError::Setting { name, value: 0.0, range: "at least 1".to_owned() }),
            _ => Ok(()),
        };
        at_least_1("steps", Some(self.steps))?;
        at_least_1("batches", Some(self.batches))?;
        at_least_1("micro_batches", Some(self.micro_batches))?;
        at_least_1("evaluate_every", self.evaluate_every)?;
        let (rate, range) = (self.learning_rate, "finite and not negative".to_owned());
        if !rate.is_finite() || rate < 0.0 {
            return Err(TrainError::Setting { name: "learning_rate", value: rate, range });
        }
        if let Some(norm) = self.max_norm.filter(|norm| !norm.is_finite() || *norm <= 0.0) {
            let range = "finite and positive; leave it out to measure without clipping".to_owned();
            return Err(TrainError::Setting { name: "max_norm", value: norm, range });
        }
        self.schedule.check(self.steps)
    }
}
