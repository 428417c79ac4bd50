//! K layer norms.

use burn::module::{Module, Param};
use burn::nn::LayerNorm;
use burn::tensor::Tensor;

use super::trials::{each, each_optional, stack};

/// Burn's, which it does not tell.
const EPSILON: f64 = 1e-5;

/// Layer norm over the last axis, with each trial's gain and shift.
#[derive(Module, Debug)]
pub(super) struct LayerNormStack {
    /// `[trials, d_model]`.
    gamma: Param<Tensor<2>>,
    /// `[trials, d_model]`.
    beta: Option<Param<Tensor<2>>>,
}

impl LayerNormStack {
    pub(super) fn new(norms: &[&LayerNorm]) -> Self {
        Self {
            gamma: stack(&each(norms, |norm| &norm.gamma)),
            beta: each_optional(norms, |norm| norm.beta.as_ref()).map(|betas| stack(&betas)),
        }
    }

    /// `[trials, rows, d_model]` to the same shape.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let centered = x.clone() - x.mean_dim(2);
        let deviation = centered.clone().square().mean_dim(2).add_scalar(EPSILON).sqrt();
        let scaled = centered / deviation * self.gamma.val().unsqueeze_dim(1);
        match &self.beta {
            Some(beta) => scaled + beta.val().unsqueeze_dim(1),
            None => scaled,
        }
    }
}
