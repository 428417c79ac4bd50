//! AdamW: decoupled weight decay.

use burn::config::Config;
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use mup_rules::{OptimizerKind, ScalingPlan};

use crate::fused_adam::FusedAdam;
use crate::groups::attach;
use crate::hyperparameters::Check;
use crate::{MasterWeights, OptimError, TensorClass};

/// AdamW with the plan's learning rates, weight decay and ε. Defaults are PyTorch's (`torch.optim.AdamW`), not
/// Burn's.
///
/// For a tensor with plan factors `c` (rate), `d` (decay) and `e` (ε), and the rate `η` given to `step`:
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
}

impl MupAdamWConfig {
    /// The optimizer for `module`, which must be the one that the plan speaks of.
    ///
    /// # Errors
    ///
    /// [`OptimError`]: a hyperparameter outside its range or without effect, a plan for SGD-like optimizers,
    /// a plan for another module.
    pub fn init<M: Module>(&self, plan: &ScalingPlan, module: &M) -> Result<ModuleOptimizer, OptimError> {
        let decay = self.check(plan)?;
        attach(plan, module, "AdamW", OptimizerKind::AdamLike, |class| self.build(decay, class))
    }

    /// [`init`](Self::init) for a module in bf16 or f16, with weights and state in f32; see [`MasterWeights`].
    ///
    /// # Errors
    ///
    /// As [`init`](Self::init).
    pub fn init_with_master_weights<M: Module>(
        &self,
        plan: &ScalingPlan,
        module: &M,
    ) -> Result<ModuleOptimizer, OptimError> {
        let decay = self.check(plan)?;
        let build = |class: &TensorClass| MasterWeights::new(self.build(decay, class));
        attach(plan, module, "AdamW", OptimizerKind::AdamLike, build)
    }

    /// λ as the plan's factor expects it, once every hyperparameter is in its range.
    pub(crate) fn check(&self, plan: &ScalingPlan) -> Result<f64, OptimError> {
        let check = Check("AdamW");
        check.coefficient("beta_1", self.beta_1)?;
        check.coefficient("beta_2", self.beta_2)?;
        check.non_negative("epsilon", self.epsilon)?;
        check.decay(plan, self.weight_decay, self.peak_learning_rate)
    }

    /// The update of a class of tensors.
    pub(crate) fn build(&self, decay: f64, class: &TensorClass) -> FusedAdam {
        FusedAdam {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon * class.epsilon,
            decay: decay * class.weight_decay,
            l2: 0.0,
        }
    }
}
