//! Adagrad.

use burn::config::Config;
use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::Check;
use crate::memory::{Memory, names};
use crate::{OptimError, Planned};

/// Adagrad with the plan's learning rates, L2 and ε. Defaults are PyTorch's (`torch.optim.Adagrad`), not Burn's; for its
/// `lr_decay` give a schedule to `step`.
///
/// For a tensor with plan factors `c` (rate), `l` (L2) and `e` (ε), and the rate `η` given to `step`:
///
/// ```text
/// g ← ∇ + l·λ·w;   s ← s + g²
/// w ← w − c·η · g/(√s + e·ε)
/// ```
///
/// # Reference
///
/// Duchi, Hazan & Singer, JMLR 12 (2011); `torch.optim.Adagrad`.
#[derive(Config, Debug, PartialEq)]
pub struct MupAdagradConfig {
    /// Added outside the square root, at base width.
    #[config(default = 1e-10)]
    pub epsilon: f64,
    /// L2 λ, added to the gradient, at base width.
    #[config(default = 0.0)]
    pub l2: f64,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupAdagradConfig {
    fn id(&self) -> OptimizerId {
        OptimizerId::ADAGRAD
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("Adagrad");
        check.non_negative("epsilon", self.epsilon)?;
        check.l2(plan, self.l2)
    }

    fn update(&self, _plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Adagrad { epsilon: self.epsilon * row.epsilon.value, l2: self.l2 * row.weight_decay.value }
    }
}

#[derive(Clone, Debug)]
struct Adagrad {
    epsilon: f64,
    l2: f64,
}

names!(SumNames: None, ["sum"], []);

impl Optimizer for Adagrad {
    type State<const D: usize> = Memory<SumNames, D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (time, [sum]) = Memory::before(state);
        let gradient = if self.l2 == 0.0 { gradient } else { gradient + weight.clone() * self.l2 };
        let square = gradient.clone().square();
        let sum = match sum {
            Some(sum) => sum + square,
            None => square,
        };
        let weight = weight - gradient / (sum.clone().sqrt() + self.epsilon) * rate;
        (weight, Some(Memory::new(time, [Some(sum)])))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.moved_to(device)
    }
}
