//! One row of the table: what is prescribed for one role in one form.

use mup_shapes::Role;
use serde::{Deserialize, Serialize};

use crate::{Power, Update};

/// Which of the equivalent forms of the same parametrization a tensor uses.
///
/// A property of the tensor: only a layer that applies a forward multiplier can use a form that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Form {
    /// No forward multiplier (TP-V Table 3).
    Plain,
    /// `1/m_in` in front of the readout (TP-V Table 8, microsoft/mup).
    Multiplier,
    /// `√m_out` in front of input tensors, `1/√m_in` in front of the readout (TP-V Table 9).
    TableNine,
    /// `1/√m_in` in front of hidden weights, whose entries then keep their size, `1/m_in` in front of the readout (u-µP).
    UnitScaled,
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Plain => "plain",
            Self::Multiplier => "multiplier",
            Self::TableNine => "table 9",
            Self::UnitScaled => "unit-scaled",
        })
    }
}

/// What is prescribed for tensors of one role in one form: the abc-parametrization of that tensor under Adam, and the
/// size of its gradient's entries. Every other optimizer's rate follows: [`Rule::rate`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
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
    /// Size of the gradient's entries, relative to the base model's: what Adam's ε must follow, and SGD's update.
    pub gradient: Power,
}

impl Rule {
    /// A rule that prescribes the base model's values at every width.
    #[must_use]
    pub const fn constant(role: Role, form: Form) -> Self {
        Self { role, form, multiplier: Power::ONE, init_std: Power::ONE, adam: Power::ONE, gradient: Power::ONE }
    }

    /// The same with another forward multiplier.
    #[must_use]
    pub fn with_multiplier(self, multiplier: Power) -> Self {
        Self { multiplier, ..self }
    }

    /// The same with another initial standard deviation.
    #[must_use]
    pub fn with_init_std(self, init_std: Power) -> Self {
        Self { init_std, ..self }
    }

    /// The same with another rate for Adam-like optimizers, and so for all.
    #[must_use]
    pub fn with_adam(self, adam: Power) -> Self {
        Self { adam, ..self }
    }

    /// The same with another size of the gradient.
    #[must_use]
    pub fn with_gradient(self, gradient: Power) -> Self {
        Self { gradient, ..self }
    }

    /// The learning rate C for a kind of update.
    #[must_use]
    pub fn rate(&self, update: Update) -> Power {
        update.rate(self)
    }

    /// The same with such a rate for Adam that this kind of update has the given one.
    #[must_use]
    pub fn with_rate(self, update: Update, rate: &Power) -> Self {
        let adam = update.adam(rate, &self);
        self.with_adam(adam)
    }

    pub(crate) fn powers(&self) -> [&Power; 4] {
        [&self.multiplier, &self.init_std, &self.adam, &self.gradient]
    }
}
