//! What the user wants otherwise than the parametrization has it, tensor by tensor.

use mup_shapes::{Kind, Role};
use serde::{Deserialize, Serialize};

use crate::factor::four_digits;
use crate::{OptimizerId, RuleError, Selector};

/// One wish: some tensors, and what is otherwise for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Override {
    /// The tensors.
    pub tensors: Selector,
    /// What is otherwise.
    pub change: Change,
    /// Whether it may find no tensor: a set is written for models that lack some of its tensors.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// What can be otherwise for a tensor. Factors multiply what the parametrization prescribes, at every size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Another optimizer.
    Optimizer(OptimizerId),
    /// The learning rate, times a positive number.
    Rate(f64),
    /// Weight decay, times a number; 0 for none.
    Decay(f64),
    /// The initial standard deviation, times a positive number.
    InitStd(f64),
    /// Not trained: it stays as it was initialized or loaded.
    Frozen,
}

impl Change {
    /// Whether two changes are of one kind, so that the later wins.
    pub(crate) fn same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// What is wrong with its number.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match *self {
            Self::Rate(factor) if !(factor.is_finite() && factor > 0.0) => {
                Some("a rate is multiplied by a positive number; to train nothing, use frozen")
            }
            Self::Decay(factor) if !(factor.is_finite() && factor >= 0.0) => {
                Some("decay is multiplied by a number that is not negative; 0 is none")
            }
            Self::InitStd(factor) if !(factor.is_finite() && factor > 0.0) => Some(
                "a standard deviation is multiplied by a positive number; to start at zero, use mup_init's InitSpec::zero",
            ),
            _ => None,
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Optimizer(optimizer) => write!(f, "optimizer {optimizer}"),
            Self::Rate(factor) => write!(f, "rate × {}", four_digits(*factor)),
            Self::Decay(factor) if *factor == 0.0 => f.write_str("no decay"),
            Self::Decay(factor) => write!(f, "decay × {}", four_digits(*factor)),
            Self::InitStd(factor) => write!(f, "init std × {}", four_digits(*factor)),
            Self::Frozen => f.write_str("frozen"),
        }
    }
}

impl std::fmt::Display for Override {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} for {}", self.change, self.tensors)
    }
}

/// Wishes in order: of two for the same tensor and quantity, the later wins.
///
/// A set that you use often is a function that returns one, as [`decay_matrices_only`](Self::decay_matrices_only) is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Overrides {
    pub(crate) wishes: Vec<Override>,
}

impl Overrides {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No decay of biases, gains, slopes, other vectors, and embeddings: of whatever is not multiplied as a matrix.
    ///
    /// The habit of GPT-2's and Llama's trainings. A model without one of these is no error.
    #[must_use]
    pub fn decay_matrices_only() -> Self {
        let kinds = [Kind::Bias, Kind::Gain, Kind::Slope].map(Selector::Kind);
        let others = [Selector::Role(Role::Vector), Selector::Layer("Embedding".to_owned())];
        kinds.into_iter().chain(others).fold(Self::new(), |set, tensors| set.and_if_any(tensors, Change::Decay(0.0)))
    }

    /// The same, and one wish more; that it finds no tensor is an error.
    #[must_use]
    pub fn and(mut self, tensors: impl Into<Selector>, change: Change) -> Self {
        self.wishes.push(Override { tensors: tensors.into(), change, optional: false });
        self
    }

    /// The same, and one wish more, which may find no tensor.
    #[must_use]
    pub fn and_if_any(mut self, tensors: impl Into<Selector>, change: Change) -> Self {
        self.wishes.push(Override { tensors: tensors.into(), change, optional: true });
        self
    }

    /// No wish asks for a number that cannot be.
    pub(crate) fn check(&self) -> Result<(), RuleError> {
        let bad = self.iter().find_map(|wish| Some((wish, wish.change.problem()?)));
        bad.map_or(Ok(()), |(wish, problem)| Err(RuleError::BadWish { wish: wish.to_string(), problem }))
    }

    /// The wishes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Override> {
        self.wishes.iter()
    }

    /// The optimizers that are wished, in order.
    pub(crate) fn optimizers(&self) -> impl Iterator<Item = &OptimizerId> {
        self.iter().filter_map(|wish| match &wish.change {
            Change::Optimizer(optimizer) => Some(optimizer),
            _ => None,
        })
    }

    /// Whether nothing is wished.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wishes.is_empty()
    }
}
