//! SGD, with momentum and L2 added to the gradient.

use burn::config::Config;
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use mup_rules::{OptimizerKind, ScalingPlan};

use crate::OptimError;
use crate::fused_sgd::FusedSgd;
use crate::groups::attach;
use crate::hyperparameters::Check;

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
}

impl MupSgdConfig {
    /// The optimizer for `module`, which must be the one that the plan speaks of.
    ///
    /// # Errors
    ///
    /// [`OptimError`]: a hyperparameter outside its range or without effect, a plan for Adam-like
    /// optimizers, a plan for another module.
    pub fn init<M: Module>(&self, plan: &ScalingPlan, module: &M) -> Result<ModuleOptimizer, OptimError> {
        let decay = self.check(plan)?;
        attach(plan, module, "SGD", OptimizerKind::SgdLike, |class| FusedSgd {
            momentum: self.momentum,
            nesterov: self.nesterov,
            l2: decay * class.weight_decay,
        })
    }
    /// λ as the plan's factor expects it, once every hyperparameter is in its range.
    pub(crate) fn check(&self, plan: &ScalingPlan) -> Result<f64, OptimError> {
        let check = Check("SGD");
        check.coefficient("momentum", self.momentum)?;
        if self.nesterov && self.momentum <= 0.0 {
            let reason = "without momentum; set with_momentum, or leave it out";
            return Err(OptimError::NoEffect { optimizer: "SGD", name: "nesterov", reason });
        }
        check.decay(plan, self.weight_decay, self.peak_learning_rate)
    }
}
