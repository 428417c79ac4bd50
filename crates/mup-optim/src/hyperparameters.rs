//! Checks that the optimizers share: ranges, and weight decay under the plan's convention.

use mup_rules::{L2Rule, ScalingPlan, WeightDecay};

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

    /// Two decays of moving averages and an ε.
    pub(crate) fn moments(self, beta_1: f64, beta_2: f64, epsilon: f64) -> Result<(), OptimError> {
        self.coefficient("beta_1", beta_1)?;
        self.coefficient("beta_2", beta_2)?;
        self.non_negative("epsilon", epsilon)
    }

    /// Nesterov's form needs a momentum.
    pub(crate) fn nesterov(self, nesterov: bool, momentum: f64) -> Result<(), OptimError> {
        if !nesterov || momentum > 0.0 {
            return Ok(());
        }
        let reason = "without momentum; set with_momentum, or leave it out";
        Err(OptimError::NoEffect { optimizer: self.0, name: "nesterov", reason })
    }

    /// λ that is added to a gradient which is normalized afterwards.
    pub(crate) fn l2(self, plan: &ScalingPlan, lambda: f64) -> Result<(), OptimError> {
        self.non_negative("l2", lambda)?;
        let independent = plan.weight_decay() == WeightDecay::Independent;
        if lambda > 0.0 && independent && plan.parametrization().l2 == L2Rule::AsWeightDecay {
            return Err(OptimError::IndependentL2 { optimizer: self.0 });
        }
        Ok(())
    }

    /// λ of an optimizer that decays by rate·λ, and the peak rate where the plan's convention needs it.
    pub(crate) fn decay(self, plan: &ScalingPlan, lambda: f64, peak: Option<f64>) -> Result<(), OptimError> {
        let optimizer = self.0;
        self.non_negative("weight_decay", lambda)?;
        if let Some(peak) = peak {
            self.positive("peak_learning_rate", peak)?;
        }
        match (plan.weight_decay(), peak) {
            (WeightDecay::Independent, None) if lambda > 0.0 => Err(OptimError::PeakRequired { optimizer }),
            (WeightDecay::KeepLambda | WeightDecay::KeepProduct, Some(_)) => Err(OptimError::NoEffect {
                optimizer,
                name: "peak_learning_rate",
                reason: "under the plan's weight-decay convention; leave it out, or plan with WeightDecay::Independent",
            }),
            _ => Ok(()),
        }
    }
}

/// λ as the plan's factor expects it: λ, or λ/peak where decay is independent of the peak rate, which is `relative` times
/// the one that `step` is given (u-µP, arXiv:2407.17465; microsoft/mup `decoupled_wd`, commit 1981497).
pub(crate) fn decay(plan: &ScalingPlan, lambda: f64, peak: Option<f64>, relative: f64) -> f64 {
    match (plan.weight_decay(), peak) {
        (WeightDecay::Independent, Some(peak)) => lambda / (peak * relative),
        _ => lambda,
    }
}
