//! RMSProp.

use burn::config::Config;
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::Check;
use crate::memory::{Memory, average, names};
use crate::step::{Alone, Stackable, Step};
use crate::{OptimError, Planned};

/// RMSProp with the plan's learning rates, L2 and ε. Defaults are PyTorch's (`torch.optim.RMSprop`), not Burn's.
///
/// For a tensor with plan factors `c` (rate), `l` (L2) and `e` (ε), and the rate `η` given to `step`:
///
/// ```text
/// g ← ∇ + l·λ·w;   v ← α·v + (1 − α)·g²;   m ← α·m + (1 − α)·g
/// b ← μ·b + g/(√v + e·ε)        (centered: √(v − m²))
/// w ← w − c·η·b
/// ```
///
/// # Reference
///
/// Hinton, lecture 6e; centered: Graves, arXiv:1308.0850; `torch.optim.RMSprop`.
#[derive(Config, Debug, PartialEq)]
pub struct MupRmsPropConfig {
    /// Decay α of the averages.
    #[config(default = 0.99)]
    pub alpha: f64,
    /// Momentum μ; 0 for none.
    #[config(default = 0.0)]
    pub momentum: f64,
    /// Whether the mean is subtracted from the second moment.
    #[config(default = false)]
    pub centered: bool,
    /// Added outside the square root, at base width.
    #[config(default = 1e-8)]
    pub epsilon: f64,
    /// L2 λ, added to the gradient, at base width.
    #[config(default = 0.0)]
    pub l2: f64,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupRmsPropConfig {
    fn id(&self) -> OptimizerId {
        OptimizerId::RMSPROP
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn follows_beta(&self) -> bool {
        self.momentum == 0.0
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("RMSProp");
        check.coefficient("alpha", self.alpha)?;
        check.coefficient("momentum", self.momentum)?;
        check.non_negative("epsilon", self.epsilon)?;
        check.l2(plan, self.l2)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupRmsPropConfig {
    type Step = RmsProp;

    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> RmsProp {
        let (epsilon, l2) = (self.epsilon * row.epsilon.value, self.l2 * row.weight_decay.value);
        RmsProp { config: Self { alpha: plan.beta(self.alpha), epsilon, l2, ..self.clone() } }
    }
}

#[derive(Clone, Debug)]
pub struct RmsProp {
    /// With the plan's factors.
    config: MupRmsPropConfig,
}

names!(RmsPropNames: None, ["square"], ["mean", "velocity"]);

impl Step for RmsProp {
    type Names = RmsPropNames;

    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<RmsPropNames, D>>,
    ) -> (Tensor<D>, Memory<RmsPropNames, D>) {
        let MupRmsPropConfig { alpha, momentum, centered, epsilon, l2, .. } = self.config;
        let (time, [square, mean, velocity]) = Memory::before(past);
        let gradient = if l2 == 0.0 { gradient } else { gradient + weight.clone() * l2 };
        let square = average(square, gradient.clone().square(), 1.0 - alpha);
        let mean = centered.then(|| average(mean, gradient.clone(), 1.0 - alpha));
        let variance = mean.iter().fold(square.clone(), |square, mean| square - mean.clone().square());
        let step = gradient / (variance.sqrt() + epsilon);
        let (step, velocity) = match velocity.filter(|_| momentum > 0.0) {
            Some(velocity) => (velocity * momentum + step, true),
            None => (step, momentum > 0.0),
        };
        let memory = Memory::new(time, [Some(square), mean, velocity.then(|| step.clone())]);
        (weight - step * rate, memory)
    }
}
