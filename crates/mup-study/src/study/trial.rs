//! One trial: what is trained, and its place in a study.

use std::ops::Deref;
use std::sync::Arc;

use mup_files::digest_of_json;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Record, Values};

/// One training run: everything that its numbers depend on, and so its identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The tuned values.
    pub values: Values,
    /// Seed of the training run.
    pub seed: u64,
    /// Horizon: the run's schedule ends here.
    pub steps: usize,
    /// Everything else that changes the numbers. In a study: the program and the proxy.
    #[serde(with = "crate::shared")]
    pub context: Arc<Value>,
}

impl Trial {
    /// The first 16 hexadecimal digits of the SHA-256 of all of it; its files are named after it.
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = digest_of_json(self);
        id.truncate(16);
        id
    }
}

/// A trial at its place in a study. Two places with the same trial share its record.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyTrial {
    /// Stage of the study, from 0.
    pub stage: usize,
    /// Number of the sample; the same in every stage that it reaches. Those of the first stage count from 0, those that
    /// begin in stage k from k million, so that more samples in one stage renumber no other.
    pub sample: usize,
    trial: Trial,
    id: String,
    /// The digest of the results that an adaptive search chose it from.
    pub(super) after: Option<String>,
}

/// The record of a [`StudyTrial`].
pub type StudyRecord = Record<StudyTrial>;

impl StudyTrial {
    /// A trial at a place.
    #[must_use]
    pub fn new(stage: usize, sample: usize, trial: Trial) -> Self {
        let id = trial.id();
        Self { stage, sample, trial, id, after: None }
    }

    pub(super) fn chosen_after(self, results: Option<String>) -> Self {
        Self { after: results, ..self }
    }

    /// What is trained, wherever it stands.
    #[must_use]
    pub fn trial(&self) -> &Trial {
        &self.trial
    }

    /// Name of its files: the trial's [`id`](Trial::id).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.id
    }

    /// Where it stands, for people.
    #[must_use]
    pub fn place(&self) -> String {
        format!("stage {} sample {} seed {}", self.stage, self.sample, self.seed)
    }
}

impl Deref for StudyTrial {
    type Target = Trial;

    fn deref(&self) -> &Trial {
        &self.trial
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Setting;

    fn trial() -> Trial {
        let values = Values::default().with("learning-rate", Setting::Number(0.5));
        Trial { values, seed: 0, steps: 10, context: Arc::new(json!({ "program": ["a"], "proxy": { "width": 64 } })) }
    }

    #[test]
    fn identity_is_the_content_and_nothing_else() {
        // From Python's hashlib. A change here makes every existing study run again.
        assert_eq!(trial().id(), "42914977d6fdb66a");
        let turned = Arc::new(json!({ "proxy": { "width": 64 }, "program": ["a"] }));
        assert_eq!(trial().id(), Trial { context: turned, ..trial() }.id());
        let other = |context| Trial { context: Arc::new(context), ..trial() }.id();
        let values = trial().values.with("learning-rate", Setting::Number(0.6));
        let others = [
            Trial { seed: 1, ..trial() }.id(),
            Trial { steps: 11, ..trial() }.id(),
            Trial { values, ..trial() }.id(),
            other(json!({ "program": ["b"], "proxy": { "width": 64 } })),
            other(json!({ "program": ["a"], "proxy": { "width": 65 } })),
        ];
        assert!(others.iter().all(|id| *id != trial().id()), "{others:?}");
        let (here, there) = (StudyTrial::new(0, 3, trial()), StudyTrial::new(1, 4, trial()));
        assert_eq!(here.name(), there.name(), "a place is no content");
    }
}
