//! Adam and AdamW; the update is one pass over the parameter.

use burn::config::Config;
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mup_kernels::{Adam, adam_step};
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::{Check, decay};
use crate::memory::{Memory, names};
use crate::step::{Alone, Stackable, Step};
use crate::{OptimError, Planned};

/// AdamW with the plan's learning rates, weight decay and ε. Defaults are PyTorch's (`torch.optim.AdamW`), not
/// Burn's.
///
/// For a tensor with plan factors `c` (rate), `d` (decay) and `e` (ε), and the rate `η` given to `step` (the moments' βs by
/// [`ScalingPlan::beta`]):
///
/// ```text
/// w ← w·(1 − c·η·d·λ) − c·η · m̂ / (√v̂ + e·ε)
/// ```
///
/// # Reference
///
/// Loshchilov & Hutter, arXiv:1711.05101; the factors: Tensor Programs V, arXiv:2203.03466v2, Table 3 and B.3.
#[derive(Config, Debug, PartialEq)]
pub struct MupAdamWConfig {
    /// Decay of the first moment.
    #[config(default = 0.9)]
    pub beta_1: f64,
    /// Decay of the second moment.
    #[config(default = 0.999)]
    pub beta_2: f64,
    /// Added outside the square root, at base width.
    #[config(default = 1e-8)]
    pub epsilon: f64,
    /// Decoupled weight decay λ, at base width.
    #[config(default = 0.01)]
    pub weight_decay: f64,
    /// The schedule's largest rate, needed when the plan's weight decay is independent of it.
    pub peak_learning_rate: Option<f64>,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupAdamWConfig {
    fn id(&self) -> OptimizerId {
        OptimizerId::ADAMW
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn follows_beta(&self) -> bool {
        true
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("AdamW");
        check.moments(self.beta_1, self.beta_2, self.epsilon)?;
        check.decay(plan, self.weight_decay, self.peak_learning_rate)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupAdamWConfig {
    type Step = FusedAdam;

    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> FusedAdam {
        let lambda = decay(plan, self.weight_decay, self.peak_learning_rate, self.relative_rate);
        let (epsilon, decay) = (self.epsilon * row.epsilon.value, lambda * row.weight_decay.value);
        let [beta_1, beta_2] = [self.beta_1, self.beta_2].map(|beta| plan.beta(beta));
        FusedAdam { beta_1, beta_2, epsilon, decay, l2: 0.0 }
    }
}

/// Adam with the plan's learning rates, L2 and ε. Defaults are PyTorch's (`torch.optim.Adam`), not Burn's.
///
/// For a tensor with plan factors `c` (rate), `l` (L2) and `e` (ε), and the rate `η` given to `step`, the
/// moments are those of `g + l·λ·w`, and
///
/// ```text
/// w ← w − c·η · m̂ / (√v̂ + e·ε)
/// ```
///
/// # Reference
///
/// Kingma & Ba, arXiv:1412.6980; the factors: Tensor Programs V, arXiv:2203.03466v2, Table 3 and B.3.
#[derive(Config, Debug, PartialEq)]
pub struct MupAdamConfig {
    /// Decay of the first moment.
    #[config(default = 0.9)]
    pub beta_1: f64,
    /// Decay of the second moment.
    #[config(default = 0.999)]
    pub beta_2: f64,
    /// Added outside the square root, at base width.
    #[config(default = 1e-8)]
    pub epsilon: f64,
    /// Coupled L2 λ, at base width (`weight_decay` of `torch.optim.Adam`). For decoupled decay use
    /// [`MupAdamWConfig`].
    #[config(default = 0.0)]
    pub l2: f64,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupAdamConfig {
    fn id(&self) -> OptimizerId {
        OptimizerId::ADAM
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn follows_beta(&self) -> bool {
        true
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("Adam");
        check.moments(self.beta_1, self.beta_2, self.epsilon)?;
        check.l2(plan, self.l2)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupAdamConfig {
    type Step = FusedAdam;

    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> FusedAdam {
        let [beta_1, beta_2] = [self.beta_1, self.beta_2].map(|beta| plan.beta(beta));
        let (epsilon, l2) = (self.epsilon * row.epsilon.value, self.l2 * row.weight_decay.value);
        FusedAdam { beta_1, beta_2, epsilon, decay: 0.0, l2 }
    }
}

/// The update of Burn's `Adam` and `AdamW`, with their records: one of theirs continues in ours.
#[derive(Clone, Debug)]
pub struct FusedAdam {
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
    /// Decoupled.
    decay: f64,
    /// Coupled.
    l2: f64,
}

names!(MomentNames: Some("momentum.time"), ["momentum.moment_1", "momentum.moment_2"], []);

impl FusedAdam {
    /// The numbers of step `time`, from 1.
    fn at(&self, rate: f64, time: usize) -> Adam {
        let &Self { beta_1, beta_2, epsilon, decay, l2 } = self;
        Adam { rate, beta_1, beta_2, epsilon, decay, l2, time }
    }
}

impl Step for FusedAdam {
    type Names = MomentNames;

    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<MomentNames, D>>,
    ) -> (Tensor<D>, Memory<MomentNames, D>) {
        Self::step_each(std::slice::from_ref(self), &[rate], weight, gradient, past)
    }

    /// The kernel knows several trials: one pass over all.
    fn step_each<const D: usize>(
        trials: &[Self],
        rates: &[f64],
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<MomentNames, D>>,
    ) -> (Tensor<D>, Memory<MomentNames, D>) {
        let (time, moments) = Memory::before(past);
        let time = time + 1;
        let zeros = || Tensor::zeros(weight.dims(), (&weight.device(), weight.dtype()));
        let moments = moments.map(|moment| moment.unwrap_or_else(zeros));
        let steps: Vec<Adam> = trials.iter().zip(rates).map(|(trial, rate)| trial.at(*rate, time)).collect();
        let (weight, moments) = adam_step(&steps, weight, moments, gradient);
        (weight, Memory::new(time, moments.map(Some)))
    }
}
