//! Layer normalization as one operation.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use super::{NormConfig, Parameters};

/// γ (x − mean) / √(variance + ε) + β over the last axis, without γ and β where there is no gain: Burn's `LayerNorm`, and the
/// same parameters under the same names, but with a backward pass of its own.
///
/// `V` is the rank of its vectors: 1, or 2 in a stack of trials.
///
/// # Reference
///
/// Ba, Kiros & Hinton, arXiv:1607.06450.
#[derive(Module, Debug)]
pub struct LayerNorm<const V: usize = 1> {
    /// γ, `[d_model]`.
    pub gamma: Option<Param<Tensor<V>>>,
    /// β, `[d_model]`.
    pub beta: Option<Param<Tensor<V>>>,
    epsilon: f64,
}

impl LayerNorm {
    /// γ = 1, β = 0 and ε = 10⁻⁵, not yet allocated.
    #[must_use]
    pub fn new(d_model: usize, device: &Device) -> Self {
        Self::made(&Parameters::of_one(device), d_model, &NormConfig::new())
    }
}

impl<const V: usize> LayerNorm<V> {
    pub(crate) fn made(parameters: &Parameters, width: usize, config: &NormConfig) -> Self {
        let vector = |start| config.gain.then(|| parameters.started(&[width], &start));
        Self { gamma: vector(Initializer::Ones), beta: vector(Initializer::Zeros), epsilon: config.epsilon }
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
        let times = |vector: &Param<Tensor<V>>| match factor {
            Some(factor) => vector.val() * factor.val(),
            None => vector.val(),
        };
        match (&self.gamma, &self.beta) {
            (Some(gamma), Some(beta)) => mup_kernels::layer_norm(x, times(gamma), times(beta), self.epsilon),
            _ => {
                let (width, device, dtype) = (x.dims()[D - 1], x.device(), x.dtype());
                let (one, zero) =
                    (Tensor::<1>::ones([width], (&device, dtype)), Tensor::zeros([width], (&device, dtype)));
                mup_kernels::layer_norm(x, one, zero, self.epsilon)
            }
        }
    }

    /// The same norm, whose result is multiplied by a factor for each coordinate.
    pub(crate) fn scaled(self, factor: &Tensor<V>) -> Self {
        let scaled = |vector: Param<Tensor<V>>| vector.map(|vector| vector * factor.clone());
        Self { gamma: self.gamma.map(scaled), beta: self.beta.map(scaled), ..self }
    }
}
