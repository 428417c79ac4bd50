//! The one function that classifies a parameter.

use serde::{Deserialize, Serialize};

use crate::{Axes, Axis, Dim};

/// What a parameter is to the theory: where its infinite axes lie.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Appendix B (matrix-like, vector-like, scalar-like) and Table 3
/// (input weights and biases, output weights, hidden weights).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// Maps a finite to an infinite dimension: embedding, first layer.
    Input,
    /// Maps an infinite to an infinite dimension.
    Hidden,
    /// Maps an infinite to a finite dimension that is the model's output: readout.
    Output,
    /// Maps an infinite to a finite dimension that feeds further layers: keys and values of a fixed number of heads
    /// of fixed size, the router of a mixture of experts.
    Inner,
    /// An infinite vector without a fan-in: bias, gain. An input weight to the constant 1.
    Vector,
    /// No infinite axis.
    Scalar,
}

impl Role {
    /// Classifies from the axes and their dimensions: only axes that are contracted or produced count,
    /// so a bias stored as `[n_head, d_head]` is a vector, although two of its axes may grow. Axes do not tell
    /// [`Role::Inner`] from [`Role::Output`]: that is said by [`Feeds`](crate::Feeds).
    #[must_use]
    pub fn classify(axes: &Axes, dims: &[Dim]) -> Self {
        let infinite = |wanted: Axis| {
            let mut axes = axes.as_slice().iter().zip(dims);
            axes.any(|(axis, dim)| *axis == wanted && dim.is_infinite())
        };
        let has_fan_in = axes.as_slice().contains(&Axis::In);
        match (infinite(Axis::In), infinite(Axis::Out)) {
            (true, true) => Self::Hidden,
            (true, false) => Self::Output,
            (false, true) if has_fan_in => Self::Input,
            (false, true) => Self::Vector,
            (false, false) => Self::Scalar,
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Input => "input",
            Self::Hidden => "hidden",
            Self::Output => "output",
            Self::Inner => "inner",
            Self::Vector => "vector",
            Self::Scalar => "scalar",
        })
    }
}
