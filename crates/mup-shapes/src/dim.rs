//! One axis of a parameter: finite, or infinite with its base size.

use serde::{Deserialize, Serialize};

/// One dimension of a parameter, classified.
///
/// A dimension is *infinite* when it grows as the model is made wider, *finite* otherwise
/// (vocabulary, context, classes, kernel size).
///
/// # Reference
///
/// microsoft/mup, `mup/infshape.py::InfDim`, commit 1981497.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dim {
    /// Does not grow with width.
    Finite(usize),
    /// Grows with width: its size in the base model and its size here.
    Infinite {
        /// Size in the base model.
        base: usize,
        /// Size in this model.
        dim: usize,
    },
}

impl Dim {
    /// The size in this model.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Finite(dim) | Self::Infinite { dim, .. } => dim,
        }
    }

    /// The size in the base model.
    #[must_use]
    pub fn base_size(self) -> usize {
        match self {
            Self::Finite(dim) => dim,
            Self::Infinite { base, .. } => base,
        }
    }

    /// Whether the dimension grows with width.
    #[must_use]
    pub fn is_infinite(self) -> bool {
        matches!(self, Self::Infinite { .. })
    }

    /// Width multiplier `dim / base`; 1 for a finite dimension.
    ///
    /// ```
    /// # use mup_shapes::Dim;
    /// assert_eq!(Dim::Infinite { base: 64, dim: 256 }.width_mult(), 4.0);
    /// assert_eq!(Dim::Finite(100).width_mult(), 1.0);
    /// ```
    #[must_use]
    pub fn width_mult(self) -> f64 {
        match self {
            Self::Finite(_) => 1.0,
            Self::Infinite { base, dim } => dim as f64 / base as f64,
        }
    }
}

impl std::fmt::Display for Dim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Finite(dim) => write!(f, "{dim}"),
            Self::Infinite { base, dim } => write!(f, "{base}→{dim}"),
        }
    }
}
