//! Layer normalization as one operation.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use super::Parameters;

/// Added to the variance, as PyTorch and Burn do by default.
const EPSILON: f64 = 1e-5;

/// γ (x − mean) / √(variance + 10⁻⁵) + β over the last axis: Burn's `LayerNorm` with its defaults, and the same parameters
/// under the same names, but with a backward pass of its own.
///
/// `V` is the rank of its vectors: 1, or 2 in a stack of trials.
///
/// # Reference
///
/// Ba, Kiros & Hinton, arXiv:1607.06450.
#[derive(Module, Debug)]
pub struct LayerNorm<const V: usize = 1> {
    /// γ, `[d_model]`.
    pub gamma: Param<Tensor<V>>,
    /// β, `[d_model]`.
    pub beta: Param<Tensor<V>>,
}

impl LayerNorm {
    /// γ = 1 and β = 0, not yet allocated.
    #[must_use]
    pub fn new(d_model: usize, device: &Device) -> Self {
        Self::made(&Parameters::of_one(device), d_model)
    }
}

impl<const V: usize> LayerNorm<V> {
    pub(crate) fn made(parameters: &Parameters, d_model: usize) -> Self {
        let start = |start| parameters.started(&[d_model], &start);
        Self { gamma: start(Initializer::Ones), beta: start(Initializer::Zeros) }
    }

    /// `[.., d_model]` to the same shape.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` is not `d_model`.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        mup_kernels::layer_norm(x, self.gamma.val(), self.beta.val(), EPSILON)
    }
}
