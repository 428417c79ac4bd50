//! LAMB: Adam, in steps of a share of the weight.

use burn::config::Config;
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::Check;
use crate::memory::{Memory, average, names};
use crate::step::{Alone, Stackable, Step};
use crate::{OptimError, Planned};

/// LAMB with the plan's learning rates, weight decay and ε. Defaults are optax's.
///
/// For a tensor with plan factors `c` (rate), `d` (decay) and `e` (ε), and the rate `η` given to `step`:
///
/// ```text
/// u = m̂ / (√v̂ + e·ε) + d·λ·w
/// w ← w − c·η · u·‖w‖/‖u‖        (‖w‖/‖u‖ → 1 where one of them is 0)
/// ```
///
/// A tensor that starts at zero begins with an Adam step of the rate itself, whatever its width.
///
/// # Reference
///
/// You et al., arXiv:1904.00962, Algorithm 2, with φ the identity; `optax.lamb`, 0.2.8.
#[derive(Config, Debug, PartialEq)]
pub struct MupLambConfig {
    /// Decay of the first moment.
    #[config(default = 0.9)]
    pub beta_1: f64,
    /// Decay of the second moment.
    #[config(default = 0.999)]
    pub beta_2: f64,
    /// Added outside the square root, at base width.
    #[config(default = 1e-6)]
    pub epsilon: f64,
    /// Weight decay λ, added to the update before it is scaled, at base width.
    #[config(default = 0.0)]
    pub weight_decay: f64,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupLambConfig {
    fn id(&self) -> OptimizerId {
        OptimizerId::LAMB
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn check(&self, _plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("LAMB");
        check.moments(self.beta_1, self.beta_2, self.epsilon)?;
        check.non_negative("weight_decay", self.weight_decay)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupLambConfig {
    type Step = Lamb;

    fn of_row(&self, _plan: &ScalingPlan, row: &PlanRow) -> Lamb {
        let (epsilon, weight_decay) = (self.epsilon * row.epsilon.value, self.weight_decay * row.weight_decay.value);
        Lamb { config: Self { epsilon, weight_decay, ..self.clone() } }
    }
}

#[derive(Clone, Debug)]
pub struct Lamb {
    /// With the plan's factors.
    config: MupLambConfig,
}

names!(LambNames: Some("time"), ["moment_1", "moment_2"], []);

impl Step for Lamb {
    type Names = LambNames;

    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<LambNames, D>>,
    ) -> (Tensor<D>, Memory<LambNames, D>) {
        let MupLambConfig { beta_1, beta_2, epsilon, weight_decay, .. } = self.config;
        let (time, [first, second]) = Memory::before(past);
        let time = time + 1;
        let first = average(first, gradient.clone(), 1.0 - beta_1);
        let second = average(second, gradient.square(), 1.0 - beta_2);
        let corrected = |moment: &Tensor<D>, beta: f64| moment.clone() / (1.0 - beta.powf(time as f64));
        let update = corrected(&first, beta_1) / (corrected(&second, beta_2).sqrt() + epsilon);
        let update = if weight_decay == 0.0 { update } else { update + weight.clone() * weight_decay };
        let norm = |tensor: &Tensor<D>| tensor.clone().square().sum().sqrt();
        let (of_weight, of_update) = (norm(&weight), norm(&update));
        let none = of_weight.clone().equal_scalar(0.0).bool_or(of_update.clone().equal_scalar(0.0));
        // Where either is 0 the quotient is 0, infinite or NaN, and replaced.
        let ratio = (of_weight / of_update).mask_fill(none, 1.0);
        let weight = weight - update * ratio.reshape([1; D]) * rate;
        (weight, Memory::new(time, [Some(first), Some(second)]))
    }
}
