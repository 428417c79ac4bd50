//! K layer norms.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::trials::{each, stack};
use crate::LayerNorm;
use crate::layers::EPSILON;

/// Layer norm over the last axis, with each trial's gain and shift.
#[derive(Module, Debug)]
pub(super) struct LayerNormStack {
    /// `[trials, d_model]`.
    gamma: Param<Tensor<2>>,
    /// `[trials, d_model]`.
    beta: Param<Tensor<2>>,
}

impl LayerNormStack {
    pub(super) fn new(norms: &[&LayerNorm]) -> Self {
        Self { gamma: stack(&each(norms, |norm| &norm.gamma)), beta: stack(&each(norms, |norm| &norm.beta)) }
    }

    /// `[trials, batch, time, d_model]` to the same shape.
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        mup_kernels::layer_norm(x, self.gamma.val(), self.beta.val(), EPSILON)
    }
}
