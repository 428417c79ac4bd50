//! Root-mean-square normalization.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::Tensor;

use super::{NormConfig, Parameters};

/// γ x / √(mean(x²) + ε) over the last axis, without γ where there is no gain: Burn's `RmsNorm`, and the same parameter under
/// the same name.
///
/// `V` is the rank of its vectors: 1, or 2 in a stack of trials.
///
/// # Reference
///
/// Zhang & Sennrich, arXiv:1910.07467.
#[derive(Module, Debug)]
pub struct RmsNorm<const V: usize = 1> {
    /// γ, `[d_model]`.
    pub gamma: Option<Param<Tensor<V>>>,
    epsilon: f64,
}

impl<const V: usize> RmsNorm<V> {
    pub(crate) fn made(parameters: &Parameters, width: usize, config: &NormConfig) -> Self {
        let gamma = config.gain.then(|| parameters.started(&[width], &Initializer::Ones));
        Self { gamma, epsilon: config.epsilon }
    }

    /// `[.., d_model]` to the same shape.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` is not `d_model`.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.forward_times(x, None)
    }

    /// Times a factor `[1]`.
    pub(crate) fn forward_times<const D: usize>(&self, x: Tensor<D>, factor: Option<&Param<Tensor<V>>>) -> Tensor<D> {
        let gamma = self.gamma.as_ref().map(|gamma| match factor {
            Some(factor) => gamma.val() * factor.val(),
            None => gamma.val(),
        });
        mup_kernels::rms_norm(x, gamma, self.epsilon)
    }

    /// Its gain beside that of another, as the kernel of queries and keys takes them.
    pub(crate) fn gains(&self, other: &Self) -> Option<[Tensor<V>; 2]> {
        Some([self.gamma.as_ref()?.val(), other.gamma.as_ref()?.val()])
    }

    pub(crate) fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// The same norm, whose result is multiplied by a factor for each coordinate.
    pub(crate) fn scaled(self, factor: &Tensor<V>) -> Self {
        Self { gamma: self.gamma.map(|gamma| gamma.map(|gamma| gamma * factor.clone())), ..self }
    }
}
