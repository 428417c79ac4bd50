//! A linear map.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Parameters;

/// x W + b: Burn's `Linear`, and the same parameters under the same names, for one model or a stack of trials.
///
/// `V` and `M` are the ranks of its vectors and matrices: 1 and 2, or 2 and 3 in a stack.
#[derive(Module, Debug)]
pub struct Linear<const V: usize = 1, const M: usize = 2> {
    /// W, `[d_input, d_output]`.
    pub weight: Param<Tensor<M>>,
    /// b, `[d_output]`.
    pub bias: Option<Param<Tensor<V>>>,
}

impl<const V: usize, const M: usize> Linear<V, M> {
    pub(crate) fn new(parameters: &Parameters, [d_input, d_output]: [usize; 2], bias: bool) -> Self {
        Self {
            weight: parameters.drawn(&[d_input, d_output], d_input),
            bias: bias.then(|| parameters.drawn(&[d_output], d_input)),
        }
    }

    /// `[.., d_input]` to `[.., d_output]`.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` is not `d_input`.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let (weight, bias) = self.values();
        mup_kernels::linear(x, weight, bias)
    }

    /// Weight and bias, as the kernels take them.
    pub(crate) fn values(&self) -> (Tensor<M>, Option<Tensor<V>>) {
        (self.weight.val(), self.bias.as_ref().map(Param::val))
    }

    /// Weight and bias times a factor `[1]`, if there is one. On the weight, which is smaller than what it gives for a batch.
    pub(crate) fn times(&self, factor: Option<&Param<Tensor<V>>>) -> (Tensor<M>, Option<Tensor<V>>) {
        let (weight, bias) = self.values();
        match factor.map(Param::val) {
            Some(factor) => (weight * factor.clone().unsqueeze_dim(V), bias.map(|bias| bias * factor)),
            None => (weight, bias),
        }
    }

    /// The same map with a factor `[1]` in its weight and bias.
    pub(crate) fn scaled(self, factor: &Tensor<V>) -> Self {
        Self {
            weight: self.weight.map(|weight| weight * factor.clone().unsqueeze_dim(V)),
            bias: self.bias.map(|bias| bias.map(|bias| bias * factor.clone())),
        }
    }
}
