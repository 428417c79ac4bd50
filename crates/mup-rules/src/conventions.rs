//! Conventions on which the sources disagree: weight decay and Adam's ε. Named, printed, stored.

use serde::{Deserialize, Serialize};

use crate::{Power, Rule};

/// How weight decay λ changes for a tensor whose learning rate is `C = c·η`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightDecay {
    /// λ unchanged, so that `C·λ` shrinks with the tensor's rate (TP-V B.3; nanoGPT-mup, Megatron-LM, Cerebras).
    KeepLambda,
    /// λ/c, so that `C·λ` is the same at every width (microsoft/mup `weight_decay *= width_mult`, CompleteP,
    /// Wang & Aitchison arXiv:2405.13698). Invariant under the choice of form.
    KeepProduct,
    /// λ/(c·peak rate): λ per step times the schedule's shape, independent of the peak rate (u-µP
    /// arXiv:2407.17465; microsoft/mup `decoupled_wd`). The optimizer needs to be told the peak rate.
    Independent,
}

impl WeightDecay {
    /// The factor on λ for a tensor with learning-rate factor `rate`.
    #[must_use]
    pub fn factor(self, rate: Power) -> Power {
        match self {
            Self::KeepLambda => Power::ONE,
            Self::KeepProduct | Self::Independent => Power::ONE / rate,
        }
    }
}

/// How Adam's ε, added outside the square root, follows the size of the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EpsilonRule {
    /// ε at every width (microsoft/mup).
    Unscaled,
    /// ε in proportion to the gradient's entries of that tensor (TP-V B.3, derived per form: Lemma J.1).
    Gradient,
    /// ε ∝ 1/fan_in for every tensor that has an infinite axis (TP-V B.3, "for all parameters, like
    /// 1/fan_in if added after the square root").
    FanIn,
}

impl EpsilonRule {
    /// The factor on ε for a tensor that follows `rule`.
    #[must_use]
    pub fn factor(self, rule: &Rule) -> Power {
        match self {
            Self::Unscaled => Power::ONE,
            Self::Gradient => rule.gradient,
            Self::FanIn => Power::fan_in(-1.0),
        }
    }
}

/// How the coefficient of coupled L2 (added to the gradient) changes under an Adam-like optimizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum L2Rule {
    /// The same factor as weight decay (microsoft/mup, which does not tell the two apart).
    AsWeightDecay,
    /// In proportion to gradient over weight, so that both terms of the sum have the same size at every
    /// width; invariant under the choice of form.
    Gradient,
}

impl L2Rule {
    /// The factor on the L2 coefficient for a tensor that follows `rule`.
    #[must_use]
    pub fn factor(self, rule: &Rule, decay: Power) -> Power {
        match self {
            Self::AsWeightDecay => decay,
            Self::Gradient => rule.gradient / rule.init_std,
        }
    }
}
