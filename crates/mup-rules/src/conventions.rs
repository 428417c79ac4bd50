//! Conventions on which the sources disagree: weight decay and Adam's ε. Named, printed, stored.
//!
//! They answer how a *model* is scaled; batch and horizon come after them ([`RunLaw`](crate::RunLaw)).

use mup_shapes::Role;
use serde::{Deserialize, Serialize};

use crate::{DecayTerm, OptimizerId, Parametrization, Power, Rule, Update};

/// How weight decay λ changes for a tensor whose learning rate is `C = c·η`.
///
/// An optimizer that decays by `C·λ` per step forgets its past in `1/(C·λ)` steps; the conventions differ in
/// whether that time depends on width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WeightDecay {
    /// λ unchanged, so that `C·λ` shrinks with the tensor's rate (TP-V B.3; nanoGPT-mup, Megatron-LM,
    /// Cerebras). Depends on the form: the same model decays differently in the plain and multiplier form.
    KeepLambda,
    /// λ/c, so that `C·λ` is the same at every width (microsoft/mup `weight_decay *= width_mult`; CompleteP,
    /// arXiv:2505.01618; Wang & Aitchison, arXiv:2405.13698). Invariant under the choice of form.
    KeepProduct,
    /// λ/(c·peak rate): λ per step times the schedule's shape, independent of the peak rate (u-µP,
    /// arXiv:2407.17465; microsoft/mup `decoupled_wd`, commit 1981497, not yet in release 1.0.0). The
    /// optimizer needs to be told the peak rate. Invariant under the choice of form.
    Independent,
}

impl WeightDecay {
    /// The factor on λ for a tensor with learning-rate factor `rate`.
    #[must_use]
    pub fn factor(self, rate: &Power) -> Power {
        match self {
            Self::KeepLambda => Power::ONE,
            Self::KeepProduct | Self::Independent => rate.pow(-1.0),
        }
    }
}

impl std::fmt::Display for WeightDecay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::KeepLambda => "keeps λ",
            Self::KeepProduct => "keeps rate·λ",
            Self::Independent => "independent of the peak rate",
        })
    }
}

/// How Adam's ε, added outside the square root, follows the size of the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EpsilonRule {
    /// ε at every width (microsoft/mup).
    Unscaled,
    /// ε in proportion to the gradient's entries of that tensor, [`Rule::gradient`]: `1/m_out` for input,
    /// vector and hidden tensors; for the readout `1/m_in` in the multiplier form and constant in the plain
    /// form. Invariant under the choice of form (Lemma J.1, extended to ε).
    Gradient,
    /// "For all parameters, like 1/fan_in if added after the square root" (TP-V B.3).
    ///
    /// Taken word for word this would leave embeddings, biases and gains unscaled, since their fan-in is
    /// finite, and "for all parameters" would not hold. The sentence speaks of the width n, to which every
    /// growing fan of the paper's networks is proportional; so a tensor whose fan-in is finite uses its
    /// fan-out. That is the same authors' `InfShape.width_mult` in microsoft/mup: the fan-in when both axes
    /// grow, else the one that does. In every form, also the plain readout, whose gradient does not shrink
    /// (Table 8, where it does, is the form that the sentence fits).
    FanIn,
}

impl EpsilonRule {
    /// The factor on ε for a tensor that follows `rule`.
    #[must_use]
    pub fn factor(self, rule: &Rule) -> Power {
        match (self, rule.role) {
            (Self::Unscaled, _) | (Self::FanIn, Role::Scalar) => Power::ONE,
            (Self::Gradient, _) => rule.gradient.clone(),
            (Self::FanIn, Role::Input | Role::Vector) => Power::fan_out(-1.0),
            (Self::FanIn, _) => Power::fan_in(-1.0),
        }
    }
}

impl std::fmt::Display for EpsilonRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Unscaled => "unscaled",
            Self::Gradient => "follows the gradient",
            Self::FanIn => "1/width",
        })
    }
}

/// How the coefficient of coupled L2 (added to the gradient) changes under an Adam-like optimizer.
///
/// Under SGD-like optimizers coupled L2 *is* weight decay, and [`WeightDecay`] says how it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum L2Rule {
    /// The same factor as weight decay (microsoft/mup, which does not tell the two apart).
    AsWeightDecay,
    /// In proportion to gradient over weight, so that both terms of the sum have the same size at every
    /// width; invariant under the choice of form.
    Gradient,
}

impl std::fmt::Display for L2Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::AsWeightDecay => "as weight decay",
            Self::Gradient => "follows the gradient",
        })
    }
}

impl Parametrization {
    /// Whether an optimizer's λ belongs to its rate, so that [`WeightDecay`] speaks of it.
    pub(crate) fn decay_follows_rate(&self, optimizer: &OptimizerId) -> bool {
        match optimizer.decay {
            DecayTerm::Step => true,
            DecayTerm::Gradient => optimizer.update == Update::PROPORTIONAL || self.l2 == L2Rule::AsWeightDecay,
            DecayTerm::Update | DecayTerm::None => false,
        }
    }

    /// The factor on λ of a tensor that follows `rule` at `rate`, and the convention's name.
    pub(crate) fn decay(&self, rule: &Rule, rate: &Power, optimizer: &OptimizerId) -> (Power, String) {
        match optimizer.decay {
            _ if self.decay_follows_rate(optimizer) => (self.weight_decay.factor(rate), self.weight_decay.to_string()),
            DecayTerm::Update => (rule.init_std.pow(-1.0), "λ·w beside an update of size 1".to_owned()),
            DecayTerm::None => (Power::ONE, String::new()),
            DecayTerm::Step | DecayTerm::Gradient => (&rule.gradient / &rule.init_std, self.l2.to_string()),
        }
    }
}
