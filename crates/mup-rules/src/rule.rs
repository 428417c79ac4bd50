//! One row of the table: what is prescribed for one role in one form.

use mup_shapes::Role;
use serde::{Deserialize, Serialize};

use crate::Power;

/// Whether an optimizer normalizes the gradient entrywise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerKind {
    /// Entrywise-normalized updates: Adam, AdamW, RMSProp, Adagrad, Lion, Adan (TP-V B.3).
    AdamLike,
    /// Updates proportional to the gradient: SGD with or without momentum.
    SgdLike,
}

impl std::fmt::Display for OptimizerKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::AdamLike => "Adam-like",
            Self::SgdLike => "SGD-like",
        })
    }
}

/// Which of the equivalent forms of the same parametrization a tensor uses.
///
/// A property of the tensor: only a layer that applies a forward multiplier can use a form that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// No forward multiplier (TP-V Table 3).
    Plain,
    /// `1/m_in` in front of the readout (TP-V Table 8, microsoft/mup).
    Multiplier,
    /// `√m_out` in front of input tensors, `1/√m_in` in front of the readout (TP-V Table 9).
    TableNine,
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Plain => "plain",
            Self::Multiplier => "multiplier",
            Self::TableNine => "table 9",
        })
    }
}

/// What is prescribed for tensors of one role in one form: the abc-parametrization of that tensor, and the
/// size of its gradient's entries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Role that the rule speaks of.
    pub role: Role,
    /// Form that the rule speaks of.
    pub form: Form,
    /// Forward multiplier A.
    pub multiplier: Power,
    /// Initial standard deviation B, relative to the base model's.
    pub init_std: Power,
    /// Learning rate C of Adam-like optimizers, relative to the base model's.
    pub adam: Power,
    /// Learning rate C of SGD-like optimizers, relative to the base model's.
    pub sgd: Power,
    /// Size of the gradient's entries, relative to the base model's, that Adam's ε must follow.
    pub gradient: Power,
}

impl Rule {
    /// A rule that prescribes the base model's values at every width.
    #[must_use]
    pub const fn constant(role: Role, form: Form) -> Self {
        let one = Power::ONE;
        Self { role, form, multiplier: one, init_std: one, adam: one, sgd: one, gradient: one }
    }

    /// The learning rate for a kind of optimizer.
    #[must_use]
    pub fn learning_rate(&self, optimizer: OptimizerKind) -> Power {
        match optimizer {
            OptimizerKind::AdamLike => self.adam,
            OptimizerKind::SgdLike => self.sgd,
        }
    }

    pub(crate) fn powers(&self) -> [Power; 5] {
        [self.multiplier, self.init_std, self.adam, self.sgd, self.gradient]
    }
}
