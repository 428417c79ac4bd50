//! Adan: Adam with Nesterov's momentum from differences of gradients.

use burn::config::Config;
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::{Check, decay};
use crate::memory::{Memory, average, names};
use crate::step::{Alone, Stackable, Step};
use crate::{OptimError, Planned};

/// Adan with the plan's learning rates, weight decay and ε. Defaults are the authors'.
///
/// For a tensor with plan factors `c` (rate), `d` (decay) and `e` (ε), the rate `η` given to `step`, and `δ` the difference
/// to the gradient before (0 at the first step):
///
/// ```text
/// m ← β₁·m + (1 − β₁)·g;   v ← β₂·v + (1 − β₂)·δ;   n ← β₃·n + (1 − β₃)·(g + β₂·δ)²
/// w ← (w − c·η · (m̂ + β₂·v̂)/(√n̂ + e·ε)) / (1 + c·η·d·λ)
/// ```
///
/// # Reference
///
/// Xie et al., arXiv:2208.06677, and their code (sail-sg/Adan, `adan.py`), whose βs are 1 minus those of the paper.
#[derive(Config, Debug, PartialEq)]
pub struct MupAdanConfig {
    /// Decay of the first moment.
    #[config(default = 0.98)]
    pub beta_1: f64,
    /// Decay of the differences.
    #[config(default = 0.92)]
    pub beta_2: f64,
    /// Decay of the second moment.
    #[config(default = 0.99)]
    pub beta_3: f64,
    /// Added outside the square root, at base width.
    #[config(default = 1e-8)]
    pub epsilon: f64,
    /// Proximal weight decay λ, at base width.
    #[config(default = 0.0)]
    pub weight_decay: f64,
    /// The schedule's largest rate, needed when the plan's weight decay is independent of it.
    pub peak_learning_rate: Option<f64>,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupAdanConfig {
    fn id(&self) -> OptimizerId {
        OptimizerId::ADAN
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn follows_beta(&self) -> bool {
        true
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("Adan");
        check.moments(self.beta_1, self.beta_2, self.epsilon)?;
        check.coefficient("beta_3", self.beta_3)?;
        check.decay(plan, self.weight_decay, self.peak_learning_rate)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupAdanConfig {
    type Step = Adan;

    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> Adan {
        let lambda = decay(plan, self.weight_decay, self.peak_learning_rate, self.relative_rate);
        let (epsilon, weight_decay) = (self.epsilon * row.epsilon.value, lambda * row.weight_decay.value);
        let [beta_1, beta_2, beta_3] = [self.beta_1, self.beta_2, self.beta_3].map(|beta| plan.beta(beta));
        Adan { config: Self { beta_1, beta_2, beta_3, epsilon, weight_decay, ..self.clone() } }
    }
}

#[derive(Clone, Debug)]
pub struct Adan {
    /// With the plan's factors.
    config: MupAdanConfig,
}

names!(AdanNames: Some("time"), ["mean", "difference", "square", "gradient"], []);

impl Step for Adan {
    type Names = AdanNames;

    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<AdanNames, D>>,
    ) -> (Tensor<D>, Memory<AdanNames, D>) {
        let MupAdanConfig { beta_1, beta_2, beta_3, epsilon, weight_decay, .. } = self.config;
        let (time, [mean, difference, square, before]) = Memory::before(past);
        let time = time + 1;
        let change = gradient.clone() - before.unwrap_or_else(|| gradient.clone());
        let mean = average(mean, gradient.clone(), 1.0 - beta_1);
        let difference = average(difference, change.clone(), 1.0 - beta_2);
        let square = average(square, (gradient.clone() + change * beta_2).square(), 1.0 - beta_3);
        let corrected = |moment: &Tensor<D>, beta: f64| moment.clone() / (1.0 - beta.powf(time as f64));
        let step = corrected(&mean, beta_1) + corrected(&difference, beta_2) * beta_2;
        let step = step / (corrected(&square, beta_3).sqrt() + epsilon);
        let weight = (weight - step * rate) / (1.0 + rate * weight_decay);
        (weight, Memory::new(time, [mean, difference, square, gradient].map(Some)))
    }
}
