//! How a residual branch ends.

use burn::module::Param;
use burn::tensor::Tensor;

use super::{Linear, Norm};

/// The last map of a branch, and the norm behind it in a sandwich; what closes the branch is multiplied by its factor.
pub(crate) struct Closing<'a, const V: usize, const M: usize> {
    pub(crate) map: &'a Linear<V, M>,
    pub(crate) norm: Option<&'a Norm<V>>,
    pub(crate) factor: Option<&'a Param<Tensor<V>>>,
}

impl<const V: usize, const M: usize> Closing<'_, V, M> {
    /// The branch's output.
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self.norm {
            Some(norm) => norm.forward_times(self.map.forward(x), self.factor),
            None => {
                let (weight, bias) = self.map.times(self.factor);
                mup_kernels::linear(x, weight, bias)
            }
        }
    }

    /// The branch's output, added to the residual stream.
    pub(crate) fn onto<const D: usize>(&self, x: Tensor<D>, residual: Tensor<D>) -> Tensor<D> {
        match self.norm {
            Some(_) => residual + self.forward(x),
            None => {
                let (weight, bias) = self.map.times(self.factor);
                mup_kernels::linear_residual(x, weight, bias, residual)
            }
        }
    }
}

/// Map and norm with the branch's factor in that of the two which closes the branch.
pub(crate) fn folded<const V: usize, const M: usize>(
    map: Linear<V, M>,
    norm: Option<Norm<V>>,
    factor: Option<Param<Tensor<V>>>,
) -> (Linear<V, M>, Option<Norm<V>>) {
    match (norm, factor) {
        (norm, None) => (map, norm),
        (Some(norm), Some(factor)) => (map, Some(norm.scaled(&factor.val()))),
        (None, Some(factor)) => (map.scaled(&factor.val()), None),
    }
}
