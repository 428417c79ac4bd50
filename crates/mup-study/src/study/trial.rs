//! One trial of a study.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Record, Values};

/// One training run of a study: everything that its numbers depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyTrial {
    /// Stage of the study, from 0.
    pub stage: usize,
    /// Number of the sample, from 0; the same in every stage that it reaches.
    pub sample: usize,
    /// Seed of the training run.
    pub seed: u64,
    /// Horizon: the run's schedule ends here.
    pub steps: usize,
    /// The tuned values.
    pub values: Values,
    /// What all trials share: the program and the proxy.
    pub context: Value,
}

/// The record of a [`StudyTrial`].
pub type StudyRecord = Record<StudyTrial>;

impl StudyTrial {
    /// Name of its files.
    #[must_use]
    pub fn name(&self) -> String {
        format!("stage{}-sample{:05}-seed{}", self.stage, self.sample, self.seed)
    }
}
