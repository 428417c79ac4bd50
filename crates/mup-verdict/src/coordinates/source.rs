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
    /// The residual stream behind the last block, of which only the change is judged: see
    /// [`depth_trial_of`](super::depth_trial_of).
    Stream,
    /// The sum of a residual stream's branches over m_L^(½−α), what the rules' α makes of it.
    Branches,
}

impl Source {
    /// Every source.
    pub const ALL: &[Self] =
        &[Self::Activation, Self::Logits, Self::Input, Self::Parameter, Self::Gradient, Self::Stream, Self::Branches];

    /// What a check along depth records.
    pub const ALONG_DEPTH: [Self; 2] = [Self::Stream, Self::Branches];

    /// What a check records unless told otherwise: what decides.
    pub const DEFAULT: &[Self] = &[Self::Activation, Self::Logits, Self::Input];

    /// Whether theory says that it is Θ(1) in width, or in depth, so that its slope decides.
    #[must_use]
    pub fn decides(self) -> bool {
        !matches!(self, Self::Parameter | Self::Gradient)
    }

    /// Whether its change since initialization means something: a gradient's does not, and that of branches is the
    /// stream's.
    pub(crate) fn has_change(self) -> bool {
        !matches!(self, Self::Gradient | Self::Branches)
    }

    /// Whether a row of the report is made of it: a start, a change, and of gradients every step. A stream's own size is that
    /// of its embedding.
    pub(crate) fn sums_up(self, quantity: Quantity, step: usize) -> bool {
        match (self, quantity) {
            (Self::Stream, Quantity::Value) => false,
            (Self::Gradient, Quantity::Value) => true,
            (_, Quantity::Value) => step == 0,
            (_, Quantity::Change) => self.has_change(),
        }
    }

    /// What grows where it is seen.
    pub(crate) fn grows(self) -> &'static str {
        if Self::ALONG_DEPTH.contains(&self) { "depth" } else { "width" }
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
            (Self::Stream, Quantity::Value) => "x_L",
            (Self::Stream, Quantity::Change) => "Δx_L",
            (Self::Branches, _) => "x_L − x_0",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Logits => "logits",
            Self::Input => "input",
            Self::Parameter => "parameter",
            Self::Gradient => "gradient",
            Self::Stream => "stream",
            Self::Branches => "branches",
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
