//! Adagrad.

use burn::config::Config;
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::Check;
use crate::memory::{Memory, names};
use crate::step::{Alone, Stackable, Step};
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

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupAdagradConfig {
    type Step = Adagrad;

    fn of_row(&self, _plan: &ScalingPlan, row: &PlanRow) -> Adagrad {
        Adagrad { epsilon: self.epsilon * row.epsilon.value, l2: self.l2 * row.weight_decay.value }
    }
}

#[derive(Clone, Debug)]
pub struct Adagrad {
    epsilon: f64,
    l2: f64,
}

names!(SumNames: None, ["sum"], []);

impl Step for Adagrad {
    type Names = SumNames;

    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<SumNames, D>>,
    ) -> (Tensor<D>, Memory<SumNames, D>) {
        let (time, [sum]) = Memory::before(past);
        let gradient = if self.l2 == 0.0 { gradient } else { gradient + weight.clone() * self.l2 };
        let square = gradient.clone().square();
        let sum = match sum {
            Some(sum) => sum + square,
            None => square,
        };
        let weight = weight - gradient / (sum.clone().sqrt() + self.epsilon) * rate;
        (weight, Memory::new(time, [Some(sum)]))
    }
}
