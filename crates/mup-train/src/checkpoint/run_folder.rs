//! Where a run keeps its checkpoints and metrics, and how often.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use mup_rules::ScalingPlan;
use serde::Serialize;
use serde_json::Value;

use super::identity::plan_value;
use crate::TrainError;

/// The folder of one run: `checkpoints/step-00000400/`, `metrics.jsonl`.
///
/// A run whose folder holds checkpoints continues from the newest whole one; a finished one returns its result. At the
/// end, and when interrupted, a run always writes a checkpoint.
#[derive(Clone, Debug)]
pub struct RunFolder {
    pub(super) path: PathBuf,
    pub(super) identity: BTreeMap<String, Value>,
    pub(super) every_steps: Option<usize>,
    pub(super) every: Duration,
    pub(super) keep_last: usize,
}

impl RunFolder {
    /// A folder, made if need be, for a run under this plan: a checkpoint every 10 minutes, the last 2 kept.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, plan: &ScalingPlan) -> Self {
        let identity = BTreeMap::from([("plan".to_owned(), plan_value(plan))]);
        Self { path: path.into(), identity, every_steps: None, every: Duration::from_secs(600), keep_last: 2 }
    }

    /// With something else that decides the result and that checkpoints are compared by. The model's config (its α are
    /// not parameters) and the optimizer's (β, ε and decay are not in its record) belong here.
    ///
    /// # Errors
    ///
    /// [`TrainError::Identity`] if the value cannot be written as JSON, or the name is taken.
    pub fn with_identity(mut self, name: &str, value: &impl Serialize) -> Result<Self, TrainError> {
        let refused = |problem: String| TrainError::Identity { name: name.to_owned(), problem };
        let taken = ["plan", "shapes", "task", "training"].contains(&name) || self.identity.contains_key(name);
        if taken {
            return Err(refused("the name is taken; use another".to_owned()));
        }
        let value = serde_json::to_value(value).map_err(|error| refused(error.to_string()))?;
        self.identity.insert(name.to_owned(), value);
        Ok(self)
    }

    /// With a checkpoint after every `steps` steps, besides those by time.
    #[must_use]
    pub fn with_every_steps(mut self, steps: usize) -> Self {
        self.every_steps = Some(steps);
        self
    }

    /// With a checkpoint after the first step that ends this long after the one before.
    #[must_use]
    pub fn with_every(mut self, duration: Duration) -> Self {
        self.every = duration;
        self
    }

    /// Keeping the last `n` checkpoints; older ones are deleted once a new one is durable.
    #[must_use]
    pub fn with_keep_last(mut self, n: usize) -> Self {
        self.keep_last = n;
        self
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        let at_least_1 = |name| TrainError::Setting { name, value: 0.0, range: "at least 1".to_owned() };
        if self.every_steps == Some(0) {
            return Err(at_least_1("every_steps"));
        }
        if self.keep_last == 0 {
            return Err(at_least_1("keep_last"));
        }
        Ok(())
    }
}
