//! Which axes of a stored parameter are contracted and which are produced.

use serde::{Deserialize, Serialize};

/// What one axis of a parameter does in the layer's forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Axis {
    /// Contracted with the layer's input: part of the fan-in.
    In,
    /// Indexes the layer's output: part of the fan-out.
    Out,
    /// A receptive-field axis (convolution kernel): multiplies both fans.
    Kernel,
    /// Indexes independent copies of the layer, such as the experts of a mixture: part of neither fan, and fixed or
    /// growing.
    Expert,
}

impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Kernel => "k",
            Self::Expert => "expert",
        })
    }
}

/// The axes of a parameter, in storage order.
///
/// Which axis is the fan-in is a fact of the layer type, never of the position: Burn stores `Linear` as
/// `[in, out]` and `Conv2d` as `[out, in/groups, k, k]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Axes(Vec<Axis>);

impl Axes {
    /// Axes in storage order.
    pub fn new(axes: impl Into<Vec<Axis>>) -> Self {
        Self(axes.into())
    }

    /// `[in, out]`: `Linear`, `Embedding`.
    #[must_use]
    pub fn in_out() -> Self {
        Self::new([Axis::In, Axis::Out])
    }

    /// `[out, in, kernel…]`: convolutions of the given rank (number of tensor axes).
    #[must_use]
    pub fn out_in_kernel(rank: usize) -> Self {
        Self::with_kernel([Axis::Out, Axis::In], rank)
    }

    /// `[in, out, kernel…]`: transposed convolutions of the given rank (number of tensor axes).
    #[must_use]
    pub fn in_out_kernel(rank: usize) -> Self {
        Self::with_kernel([Axis::In, Axis::Out], rank)
    }

    /// `[expert, in, out]`: the matrices of a mixture of experts in one tensor.
    #[must_use]
    pub fn experts() -> Self {
        Self::new([Axis::Expert, Axis::In, Axis::Out])
    }

    /// Every axis is an output axis: biases, gains, and vectors stored with several axes such as
    /// relative-position biases of shape `[n_head, d_head]`.
    #[must_use]
    pub fn vector(rank: usize) -> Self {
        Self::new(vec![Axis::Out; rank])
    }

    /// Every axis is an input axis: a forward multiplier applied to the contracted axis.
    #[must_use]
    pub fn multiplier() -> Self {
        Self::new([Axis::In])
    }

    fn with_kernel(first: [Axis; 2], rank: usize) -> Self {
        let mut axes = first.to_vec();
        axes.resize(rank.max(2), Axis::Kernel);
        Self(axes)
    }

    /// The axes as a slice, in storage order.
    #[must_use]
    pub fn as_slice(&self) -> &[Axis] {
        &self.0
    }

    /// Number of axes.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.0.len()
    }
}

impl std::fmt::Display for Axes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.0.iter().map(Axis::to_string);
        f.write_str(&names.collect::<Vec<_>>().join("×"))
    }
}
