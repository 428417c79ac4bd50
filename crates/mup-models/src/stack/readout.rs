//! K readouts, with their own weights or with those of the embeddings.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::trials::{each, each_optional, multiply_each, stack};
use crate::{Readout, TiedReadout};

/// α_output · (x ⊙ multiplier) W + b for every trial.
#[derive(Module, Debug)]
pub(super) struct ReadoutStack {
    /// `[trials, d_model, vocab]`.
    weight: Param<Tensor<3>>,
    /// `[trials, vocab]`.
    bias: Option<Param<Tensor<2>>>,
    /// `[trials, d_model]`; not trained.
    multiplier: Param<Tensor<2>>,
    alpha_output: Vec<f64>,
}

impl ReadoutStack {
    pub(super) fn new(readouts: &[&Readout]) -> Self {
        Self {
            weight: stack(&each(readouts, |readout| &readout.weight)),
            bias: each_optional(readouts, |readout| readout.bias.as_ref()).map(|biases| stack(&biases)),
            multiplier: stack(&each(readouts, |readout| &readout.multiplier)),
            alpha_output: readouts.iter().map(|readout| readout.alpha_output).collect(),
        }
    }

    /// `[trials, batch, time, d_model]` to `[trials, batch, time, vocab]`.
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        // On the weight, which is smaller than the features of a batch.
        let rows: Tensor<3> = multiply_each(self.multiplier.val(), &self.alpha_output).unsqueeze_dim(2);
        mup_kernels::linear(x, self.weight.val() * rows, self.bias.as_ref().map(Param::val))
    }
}

/// α_output · (x ⊙ multiplier) Eᵀ for every trial, with the embedding tables E passed in.
#[derive(Module, Debug)]
pub(super) struct TiedReadoutStack {
    /// `[trials, d_model]`; not trained.
    multiplier: Param<Tensor<2>>,
    alpha_output: Vec<f64>,
}

impl TiedReadoutStack {
    pub(super) fn new(readouts: &[&TiedReadout]) -> Self {
        Self {
            multiplier: stack(&each(readouts, |readout| &readout.multiplier)),
            alpha_output: readouts.iter().map(|readout| readout.alpha_output).collect(),
        }
    }

    /// `[trials, batch, time, d_model]` to `[trials, batch, time, vocab]`, given the tables `[trials, vocab, d_model]`.
    pub(super) fn forward(&self, x: Tensor<4>, tables: Tensor<3>) -> Tensor<4> {
        let columns: Tensor<3> = multiply_each(self.multiplier.val(), &self.alpha_output).unsqueeze_dim(1);
        mup_kernels::linear(x, (tables * columns).transpose(), None::<Tensor<2>>)
    }
}
