//! What decides a run besides its values, seed and steps: the context of its record.

use std::sync::Arc;

use mup_study::Trial;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::RunError;
use crate::hyperparameters::Hyperparameters;

/// The context of a run that was asked for by itself, and not by a study's search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunContext {
    /// Name of the parametrization.
    pub(crate) parametrization: String,
    pub(crate) width: usize,
    /// Fingerprint of the plan, so that a changed rule is another run.
    pub(crate) plan: String,
    /// Everything else that changes the numbers: model, data (its hash), optimizer, schedule, device, versions.
    pub(crate) settings: Value,
}

impl RunContext {
    /// The run, as its record names it.
    pub(crate) fn trial(&self, hyperparameters: Hyperparameters, seed: u64, steps: usize) -> Trial {
        let context = serde_json::to_value(self).expect("bug: plain data with text keys is always JSON");
        Trial { values: hyperparameters.into(), seed, steps, context: Arc::new(context) }
    }

    /// Back from a record.
    pub(crate) fn of(trial: &Trial) -> Result<Self, RunError> {
        serde_json::from_value((*trial.context).clone())
            .map_err(|error| RunError::Context { reason: error.to_string() })
    }
}
