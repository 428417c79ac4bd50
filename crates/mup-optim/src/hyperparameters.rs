//! Checks that the three optimizers share: ranges, and weight decay under the plan's convention.

use mup_rules::{ScalingPlan, WeightDecay};

use crate::OptimError;

/// Hyperparameters of one optimizer, checked by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check(pub(crate) &'static str);

impl Check {
    /// A number in `[0, 1)`: a moving average's coefficient.
    pub(crate) fn coefficient(self, name: &'static str, value: f64) -> Result<(), OptimError> {
        self.require((0.0..1.0).contains(&value), name, value, "at least 0 and less than 1")
    }

    /// A finite number that is not negative.
    pub(crate) fn non_negative(self, name: &'static str, value: f64) -> Result<(), OptimError> {
        self.require(value.is_finite() && value >= 0.0, name, value, "finite and not negative")
    }

    /// A finite number greater than zero.
    pub(crate) fn positive(self, name: &'static str, value: f64) -> Result<(), OptimError> {
        self.require(value.is_finite() && value > 0.0, name, value, "finite and positive")
    }

    fn require(self, fits: bool, name: &'static str, value: f64, range: &'static str) -> Result<(), OptimError> {
        let optimizer = self.0;
        if fits { Ok(()) } else { Err(OptimError::Hyperparameter { optimizer, name, value, range }) }
    }

    /// λ as the plan's factor expects it: λ, or λ/peak where decay is independent of the peak rate
    /// (u-µP, arXiv:2407.17465; microsoft/mup `decoupled_wd`, commit 1981497).
    pub(crate) fn decay(self, plan: &ScalingPlan, lambda: f64, peak: Option<f64>) -> Result<f64, OptimError> {
        let optimizer = self.0;
        self.non_negative("weight_decay", lambda)?;
        if let Some(peak) = peak {
            self.positive("peak_learning_rate", peak)?;
        }
        match (plan.weight_decay(), peak) {
            (WeightDecay::Independent, Some(peak)) => Ok(lambda / peak),
            (WeightDecay::Independent, None) if lambda > 0.0 => Err(OptimError::PeakRequired { optimizer }),
            (WeightDecay::KeepLambda | WeightDecay::KeepProduct, Some(_)) => Err(OptimError::NoEffect {
                optimizer,
                name: "peak_learning_rate",
                reason: "under the plan's weight-decay convention; leave it out, or plan with WeightDecay::Independent",
            }),
            _ => Ok(lambda),
        }
    }
}
