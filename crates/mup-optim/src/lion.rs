//! Lion: the sign of a momentum.

use burn::config::Config;
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::{Check, decay};
use crate::memory::{Memory, average, names};
use crate::step::{Alone, Stackable, Step};
use crate::{OptimError, Planned};

/// Lion with the plan's learning rates and weight decay. Defaults are the authors'.
///
/// For a tensor with plan factors `c` (rate) and `d` (decay), and the rate `η` given to `step`:
///
/// ```text
/// w ← w·(1 − c·η·d·λ) − c·η · sign(β₁·m + (1 − β₁)·g)
/// m ← β₂·m + (1 − β₂)·g
/// ```
///
/// # Reference
///
/// Chen et al., arXiv:2302.06675, Program 1.
#[derive(Config, Debug, PartialEq)]
pub struct MupLionConfig {
    /// Share of the momentum in the step.
    #[config(default = 0.9)]
    pub beta_1: f64,
    /// Decay of the momentum.
    #[config(default = 0.99)]
    pub beta_2: f64,
    /// Decoupled weight decay λ, at base width.
    #[config(default = 0.0)]
    pub weight_decay: f64,
    /// The schedule's largest rate, needed when the plan's weight decay is independent of it.
    pub peak_learning_rate: Option<f64>,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupLionConfig {
    fn id(&self) -> OptimizerId {
        OptimizerId::LION
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("Lion");
        check.coefficient("beta_1", self.beta_1)?;
        check.coefficient("beta_2", self.beta_2)?;
        check.decay(plan, self.weight_decay, self.peak_learning_rate)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupLionConfig {
    type Step = Lion;

    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> Lion {
        let lambda = decay(plan, self.weight_decay, self.peak_learning_rate, self.relative_rate);
        Lion { beta_1: self.beta_1, beta_2: self.beta_2, decay: lambda * row.weight_decay.value }
    }
}

#[derive(Clone, Debug)]
pub struct Lion {
    beta_1: f64,
    beta_2: f64,
    decay: f64,
}

names!(MomentumNames: None, ["momentum"], []);

impl Step for Lion {
    type Names = MomentumNames;

    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<MomentumNames, D>>,
    ) -> (Tensor<D>, Memory<MomentumNames, D>) {
        let (time, [before]) = Memory::before(past);
        let direction = average(before.clone(), gradient.clone(), 1.0 - self.beta_1).sign();
        let momentum = average(before, gradient, 1.0 - self.beta_2);
        let weight = weight * (1.0 - rate * self.decay) - direction * rate;
        (weight, Memory::new(time, [Some(momentum)]))
    }
}
