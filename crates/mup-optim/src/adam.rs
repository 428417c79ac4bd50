//! Adam: weight decay, if any, is L2 added to the gradient.

use burn::config::Config;
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use mup_rules::{L2Rule, OptimizerKind, ScalingPlan, WeightDecay};

use crate::OptimError;
use crate::fused_adam::FusedAdam;
use crate::groups::attach;
use crate::hyperparameters::Check;

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
    /// [`MupAdamWConfig`](crate::MupAdamWConfig).
    #[config(default = 0.0)]
    pub l2: f64,
}

impl MupAdamConfig {
    /// The optimizer for `module`, which must be the one that the plan speaks of.
    ///
    /// # Errors
    ///
    /// [`OptimError`]: a hyperparameter outside its range, a plan for SGD-like optimizers, a plan for another
    /// module, L2 under a convention that has no meaning for it.
    pub fn init<M: Module>(&self, plan: &ScalingPlan, module: &M) -> Result<ModuleOptimizer, OptimError> {
        let check = Check("Adam");
        check.coefficient("beta_1", self.beta_1)?;
        check.coefficient("beta_2", self.beta_2)?;
        check.non_negative("epsilon", self.epsilon)?;
        check.non_negative("l2", self.l2)?;
        let independent = plan.weight_decay() == WeightDecay::Independent;
        if self.l2 > 0.0 && independent && plan.parametrization().l2 == L2Rule::AsWeightDecay {
            return Err(OptimError::IndependentL2);
        }
        attach(plan, module, "Adam", OptimizerKind::AdamLike, |class| FusedAdam {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon * class.epsilon,
            decay: 0.0,
            l2: self.l2 * class.l2,
        })
    }
}
