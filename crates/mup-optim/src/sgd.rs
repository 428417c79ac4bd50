//! SGD, with momentum and L2 added to the gradient; the update is one pass over the parameter.

use burn::config::Config;
use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mup_kernels::{Sgd, sgd_step};
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::{Check, decay};
use crate::memory::{Memory, names};
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

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("SGD");
        check.coefficient("momentum", self.momentum)?;
        check.nesterov(self.nesterov, self.momentum)?;
        check.decay(plan, self.weight_decay, self.peak_learning_rate)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        FusedSgd { momentum: self.momentum, nesterov: self.nesterov, l2: self.penalty(plan, row) }
    }
}

impl MupSgdConfig {
    /// λ for a tensor.
    pub(crate) fn penalty(&self, plan: &ScalingPlan, row: &PlanRow) -> f64 {
        decay(plan, self.weight_decay, self.peak_learning_rate, self.relative_rate) * row.weight_decay.value
    }
}

/// The update of Burn's `Sgd` without dampening, with its records: one of its continues in ours.
#[derive(Clone, Debug)]
struct FusedSgd {
    momentum: f64,
    nesterov: bool,
    l2: f64,
}

names!(VelocityNames: None, [], ["momentum.velocity"]);

/// The velocity, if there is momentum.
pub(crate) type Velocity<const D: usize> = Memory<VelocityNames, D>;

impl Optimizer for FusedSgd {
    type State<const D: usize> = Velocity<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let &Self { momentum, nesterov, l2 } = self;
        let (time, [before]) = Memory::before(state);
        let zeros = || Tensor::zeros(weight.dims(), (&weight.device(), weight.dtype()));
        let velocity = (momentum > 0.0).then(|| before.unwrap_or_else(zeros));
        let (weight, velocity) = sgd_step(Sgd { rate, momentum, nesterov, l2 }, weight, velocity, gradient);
        (weight, Some(Memory::new(time, [velocity])))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.moved_to(device)
    }
}
