//! K layer norms.

use burn::module::{Module, Param};
use burn::nn::LayerNorm;
use burn::tensor::Tensor;

use super::trials::{each, stack};

/// Burn's, which it does not tell.
const EPSILON: f64 = 1e-5;

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
        let beta = |norm: &'_ LayerNorm| norm.beta.clone().expect("GptConfig builds norms with a shift");
        let betas: Vec<Param<Tensor<1>>> = norms.iter().map(|norm| beta(norm)).collect();
        Self { gamma: stack(&each(norms, |norm| &norm.gamma)), beta: stack(&betas.iter().collect::<Vec<_>>()) }
    }

    /// `[trials, batch, time, d_model]` to the same shape.
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        mup_kernels::layer_norm(x, self.gamma.val(), self.beta.val(), EPSILON)
    }
}
