//! K embedding tables.

use burn::module::{Module, Param};
use burn::nn::Embedding;
use burn::tensor::{Int, Tensor, module};

use super::trials::{each, stack};

/// One table for each trial.
#[derive(Module, Debug)]
pub(super) struct EmbeddingStack {
    /// `[trials, n_embedding, d_model]`.
    weight: Param<Tensor<3>>,
}

impl EmbeddingStack {
    pub(super) fn new(tables: &[&Embedding]) -> Self {
        Self { weight: stack(&each(tables, |table| &table.weight)) }
    }

    /// The tables, `[trials, n_embedding, d_model]`.
    pub(super) fn tables(&self) -> Tensor<3> {
        self.weight.val()
    }

    /// Indices `[trials, rows]` to `[trials, rows, d_model]`: the tables are one, in which each trial counts from its
    /// own first row.
    pub(super) fn forward(&self, indices: Tensor<2, Int>) -> Tensor<3> {
        let tables = self.weight.val();
        let [trials, n_embedding, d_model] = tables.dims();
        let device = indices.device();
        let first = Tensor::<1, Int>::arange(0..trials as i64, &device).mul_scalar(n_embedding as i64);
        module::embedding(tables.reshape([trials * n_embedding, d_model]), indices + first.unsqueeze_dim(1))
    }
}
