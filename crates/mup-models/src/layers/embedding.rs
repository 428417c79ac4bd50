//! A table of embeddings.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Int, Tensor};

use super::Parameters;

/// Burn's `Embedding`, and the same parameter under the same name, for one model or a stack of trials.
///
/// `M` is the rank of its table: 2, or 3 in a stack.
#[derive(Module, Debug)]
pub struct Embedding<const M: usize = 2> {
    /// `[n_embedding, d_model]`.
    pub weight: Param<Tensor<M>>,
}

impl<const M: usize> Embedding<M> {
    pub(crate) fn new(parameters: &Parameters, [n_embedding, d_model]: [usize; 2]) -> Self {
        let normal = Initializer::Normal { mean: 0.0, std: 1.0 };
        Self { weight: parameters.started(&[n_embedding, d_model], &normal) }
    }

    /// The rows of tokens `[.., time]`, `[.., time, d_model]`.
    ///
    /// # Panics
    ///
    /// Panics if a token is not an entry, or if `O` is not `T + 1`.
    #[must_use]
    pub fn forward<const T: usize, const O: usize>(&self, tokens: Tensor<T, Int>) -> Tensor<O> {
        mup_kernels::embedding(self.weight.val(), tokens)
    }

    /// Rows `start` to `start + count`, `[count, d_model]`.
    pub(crate) fn rows(&self, start: usize, count: usize) -> Tensor<M> {
        self.weight.val().narrow(M - 2, start, count)
    }
}
