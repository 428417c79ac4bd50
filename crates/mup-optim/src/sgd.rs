//! SGD, with momentum and L2 added to the gradient; the update is one pass over the parameter.

use burn::config::Config;
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mup_kernels::{Sgd, sgd_step};
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::{Check, decay};
use crate::memory::{Memory, names};
use crate::step::{Alone, Stackable, Step};
use crate::{OptimError, Planned};

/// SGD with the plan's learning rates and weight decay. Defaults are PyTorch's (`torch.optim.SGD`): no
/// momentum, no decay; momentum is never dampened (Burn's `MomentumConfig` dampens by 0.1 unless told).
///
/// For a tensor with plan factors `c` (rate) and `d` (decay), and the rate `η` given to `step`:
///
/// ```text
/// g ← ∇ + d·λ·w
/// b ← μ·b + g          (b ← g at the first step)
/// w ← w − c·η·b        (Nesterov: w − c·η·(g + μ·b))
/// ```
///
/// # Reference
///
/// `torch.optim.SGD`; the factors: Tensor Programs V, arXiv:2203.03466v2, Table 3.
#[derive(Config, Debug, PartialEq)]
pub struct MupSgdConfig {
    /// Momentum μ; 0 for none.
    #[config(default = 0.0)]
    pub momentum: f64,
    /// Nesterov's form of momentum.
    #[config(default = false)]
    pub nesterov: bool,
    /// L2 λ, added to the gradient before momentum, at base width.
    #[config(default = 0.0)]
    pub weight_decay: f64,
    /// The schedule's largest rate, needed when the plan's weight decay is independent of it.
    pub peak_learning_rate: Option<f64>,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupSgdConfig {
    fn id(&self) -> OptimizerId {
        OptimizerId::SGD
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn follows_beta(&self) -> bool {
        self.momentum == 0.0
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("SGD");
        check.coefficient("momentum", self.momentum)?;
        check.nesterov(self.nesterov, self.momentum)?;
        check.decay(plan, self.weight_decay, self.peak_learning_rate)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupSgdConfig {
    type Step = FusedSgd;

    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> FusedSgd {
        let lambda = decay(plan, self.weight_decay, self.peak_learning_rate, self.relative_rate);
        FusedSgd { momentum: self.momentum, nesterov: self.nesterov, l2: lambda * row.weight_decay.value }
    }
}

/// The update of Burn's `Sgd` without dampening, with its records: one of its continues in ours.
#[derive(Clone, Debug)]
pub struct FusedSgd {
    momentum: f64,
    nesterov: bool,
    l2: f64,
}

names!(VelocityNames: None, [], ["momentum.velocity"]);

impl FusedSgd {
    fn at(&self, rate: f64) -> Sgd {
        let &Self { momentum, nesterov, l2 } = self;
        Sgd { rate, momentum, nesterov, l2 }
    }
}

impl Step for FusedSgd {
    type Names = VelocityNames;

    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<VelocityNames, D>>,
    ) -> (Tensor<D>, Memory<VelocityNames, D>) {
        Self::step_each(std::slice::from_ref(self), &[rate], weight, gradient, past)
    }

    /// The kernel knows several trials: one pass over all.
    fn step_each<const D: usize>(
        trials: &[Self],
        rates: &[f64],
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<VelocityNames, D>>,
    ) -> (Tensor<D>, Memory<VelocityNames, D>) {
        let (time, [before]) = Memory::before(past);
        let zeros = || Tensor::zeros(weight.dims(), (&weight.device(), weight.dtype()));
        let velocity = trials.iter().any(|trial| trial.momentum > 0.0).then(|| before.unwrap_or_else(zeros));
        let steps: Vec<Sgd> = trials.iter().zip(rates).map(|(trial, rate)| trial.at(*rate)).collect();
        let (weight, velocity) = sgd_step(&steps, weight, velocity, gradient);
        (weight, Memory::new(time, [velocity]))
    }
}
