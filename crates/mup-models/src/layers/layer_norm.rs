//! Layer normalization as one operation.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

/// Added to the variance, as PyTorch and Burn do by default.
pub(crate) const EPSILON: f64 = 1e-5;

/// γ (x − mean) / √(variance + 10⁻⁵) + β over the last axis: Burn's `LayerNorm` with its defaults, and the same parameters
/// under the same names, but with a backward pass of its own.
///
/// # Reference
///
/// Ba, Kiros & Hinton, arXiv:1607.06450.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// γ, `[d_model]`.
    pub gamma: Param<Tensor<1>>,
    /// β, `[d_model]`.
    pub beta: Param<Tensor<1>>,
}

impl LayerNorm {
    /// γ = 1 and β = 0, not yet allocated.
    #[must_use]
    pub fn new(d_model: usize, device: &Device) -> Self {
        Self { gamma: Initializer::Ones.init([d_model], device), beta: Initializer::Zeros.init([d_model], device) }
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
