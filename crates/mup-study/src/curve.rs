//! What a training run returns: its losses, and what they took.

use serde::{Deserialize, Serialize};

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
pub struct TrialCurve {
    /// Training loss of every step, or of every few; a run may stop at the first that is not finite. A record has those
    /// before it.
    pub losses: Vec<f64>,
    /// Number of each loss's step, ascending; empty where they are 0, 1, 2, ….
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<usize>,
    /// The first step whose loss was not finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_finite: Option<usize>,
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
    /// What was reported beside the losses and could not be used, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

impl TrialCurve {
    /// The curve as a record holds it: whatever a program or a closure returned, its JSON reads back equal. JSON has no
    /// word for what is not finite; of losses `not_finite` says where that began, of everything else it is unknown.
    #[must_use]
    pub fn storable(mut self) -> Self {
        if let Some(end) = self.losses.iter().position(|loss| !loss.is_finite()) {
            self.not_finite = Some(self.step(end));
            self.losses.truncate(end);
        }
        self.steps.truncate(self.losses.len());
        if self.steps.len() < self.losses.len() || self.steps.iter().copied().eq(0..self.losses.len()) {
            self.steps.clear();
        }
        self.validation = self.validation.filter(|loss| loss.is_finite());
        self.flops = self.flops.filter(|flops| flops.is_finite());
        self.evaluations.retain(|evaluation| evaluation.loss.is_finite());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, Smoothing};

    #[test]
    fn a_curve_that_was_stored_says_where_it_diverged() {
        let (losses, steps) = (vec![5.0, 4.0, f64::NAN, 3.0], vec![0, 10, 20, 30]);
        let stored = TrialCurve { losses, steps, ..TrialCurve::default() }.storable();
        assert_eq!((stored.losses.len(), &stored.steps[..], stored.not_finite), (2, &[0, 10][..], Some(20)));
        assert_eq!(stored.clone().storable(), stored);
        assert_eq!(Outcome::judge(&stored, Smoothing { last: 1 }), Outcome::NotFinite { step: 20 });
        let plain = TrialCurve { losses: vec![5.0, 4.0], steps: vec![0, 1], ..TrialCurve::default() }.storable();
        assert_eq!(plain.steps, [0; 0], "they say nothing");
    }
}
