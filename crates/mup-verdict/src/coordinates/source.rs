//! Of what a number was measured: the kind of tensor, and whether it or its change.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::CheckError;

/// The kind of tensor.
///
/// Activations, logits and inputs should be Θ(1) in width, and decide. Parameters and gradients have other exponents,
/// which depend on role and optimizer: they are reported to find out *why* an activation grows, and decide nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// What a module gives.
    Activation,
    /// The model's output and attention logits, of which [`Probe::observe_logits`](mup_probe::Probe::observe_logits)
    /// says that they are: before training they may shrink with width. Recorded wherever activations are.
    Logits,
    /// What goes into a module.
    Input,
    /// A parameter of the model.
    Parameter,
    /// The gradient of the loss in a parameter.
    Gradient,
}

impl Source {
    /// Every source.
    pub const ALL: &[Self] = &[Self::Activation, Self::Logits, Self::Input, Self::Parameter, Self::Gradient];

    /// What a check records unless told otherwise: what decides.
    pub const DEFAULT: &[Self] = &[Self::Activation, Self::Logits, Self::Input];

    /// Whether theory says that it is Θ(1) in width, so that its slope decides.
    #[must_use]
    pub fn decides(self) -> bool {
        matches!(self, Self::Activation | Self::Logits | Self::Input)
    }

    /// Whether its change since initialization means something: a gradient's does not.
    pub(crate) fn has_change(self) -> bool {
        self != Self::Gradient
    }

    /// For a table: x₀ and Δx, and the like.
    pub(crate) fn symbol(self, quantity: Quantity) -> &'static str {
        match (self, quantity) {
            (Self::Activation | Self::Logits, Quantity::Value) => "x₀",
            (Self::Activation | Self::Logits, Quantity::Change) => "Δx",
            (Self::Input, Quantity::Value) => "in₀",
            (Self::Input, Quantity::Change) => "Δin",
            (Self::Parameter, Quantity::Value) => "W₀",
            (Self::Parameter, Quantity::Change) => "ΔW",
            (Self::Gradient, _) => "∇W",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Logits => "logits",
            Self::Input => "input",
            Self::Parameter => "parameter",
            Self::Gradient => "gradient",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Source {
    type Err = CheckError;

    /// The name as printed.
    fn from_str(name: &str) -> Result<Self, CheckError> {
        let found = Self::ALL.iter().copied().find(|source| source.name() == name);
        let known = || Self::ALL.iter().map(|source| source.name()).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| CheckError::UnknownName { what: "source", name: name.to_owned(), known: known() })
    }
}

/// The tensor, or its change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// The tensor x_t itself.
    Value,
    /// Its change since initialization on the same batch, Δx_t = x_t − x_0.
    Change,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Value => "value",
            Self::Change => "change",
        })
    }
}
