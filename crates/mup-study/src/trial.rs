//! One training run: what identifies it, what it returns, the record that is kept.

use mup_files::digest_of_json;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Hyperparameters, Record};

/// Everything a training run depends on, and so its identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Name of the parametrization.
    pub parametrization: String,
    /// Width of the model.
    pub width: usize,
    /// Fingerprint of the plan, so that a changed rule is another trial.
    pub plan: String,
    /// The tuned values.
    pub hyperparameters: Hyperparameters,
    /// Seed of the weights and of the batches.
    pub seed: u64,
    /// Everything else that changes the numbers: model, data (its hash), optimizer, schedule, device, version of
    /// the training code. The study's settings.
    pub settings: Value,
}

impl Trial {
    /// The first 16 hexadecimal digits of the SHA-256 of the whole configuration.
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = digest_of_json(self);
        id.truncate(16);
        id
    }

    /// The record's file name.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-w{}-{}.json", self.parametrization, self.width, self.id())
    }
}

/// A validation loss on the way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Steps trained.
    pub step: usize,
    /// Validation loss.
    pub loss: f64,
}

/// What a training run returns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Training loss of every step; a run may stop at the first that is not finite.
    pub losses: Vec<f64>,
    /// Validation loss at the end.
    pub validation: Option<f64>,
    /// Validation losses on the way; they may be none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evaluations: Vec<Evaluation>,
    /// Tokens trained on.
    pub tokens: u64,
    /// Parameters trained.
    pub parameters: u64,
    /// Text sampled from the trained model.
    pub sample: Option<String>,
    /// Floating-point operations, if they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flops: Option<f64>,
}

/// The record of a [`Trial`].
pub type TrialRecord = Record<Trial>;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Outcome, Smoothing};

    fn trial() -> Trial {
        let settings = json!({ "steps": 10, "data": "00ff" });
        let hyperparameters = Hyperparameters::at_rate(0.5);
        let (parametrization, plan) = ("mup".to_owned(), "f0".to_owned());
        Trial { parametrization, width: 64, plan, hyperparameters, seed: 0, settings }
    }

    #[test]
    fn identity_is_the_content_and_nothing_else() {
        // A change here makes every existing study run again: bump RECORD_VERSION with it.
        assert_eq!(trial().id(), "0550448026b9d81b");
        assert_eq!(trial().id(), Trial { settings: json!({ "data": "00ff", "steps": 10 }), ..trial() }.id());
        assert_ne!(trial().id(), Trial { seed: 1, ..trial() }.id());
        assert_ne!(trial().id(), Trial { plan: "f1".to_owned(), ..trial() }.id());
        assert_ne!(trial().id(), Trial { width: 65, ..trial() }.id());
        assert_ne!(trial().id(), Trial { settings: json!({ "steps": 11, "data": "00ff" }), ..trial() }.id());
        let hyperparameters = Hyperparameters { alpha_output: 2.0, ..Hyperparameters::at_rate(0.5) };
        assert_ne!(trial().id(), Trial { hyperparameters, ..trial() }.id());
    }

    #[test]
    fn a_record_survives_json_whatever_the_losses() {
        let curve =
            Curve { losses: vec![5.0, 0.1 + 0.2, f64::NAN, 1.0], validation: Some(f64::NAN), ..Curve::default() };
        let record = TrialRecord::new(trial().id(), trial(), curve, Smoothing { last: 1 }, 0.5);
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<TrialRecord>(&text).unwrap(), record);
        assert_eq!(record.outcome, Outcome::NotFinite { step: 2 });
        assert_eq!(record.curve.losses.len(), 2);
    }
}
