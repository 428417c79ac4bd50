//! K linear layers.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::Tensor;

use super::trials::{each, each_optional, stack};

/// x W + b for every trial.
#[derive(Module, Debug)]
pub(super) struct LinearStack {
    /// `[trials, d_input, d_output]`.
    weight: Param<Tensor<3>>,
    /// `[trials, d_output]`.
    bias: Option<Param<Tensor<2>>>,
}

impl LinearStack {
    pub(super) fn new(layers: &[&Linear]) -> Self {
        Self {
            weight: stack(&each(layers, |layer| &layer.weight)),
            bias: each_optional(layers, |layer| layer.bias.as_ref()).map(|biases| stack(&biases)),
        }
    }

    /// `[trials, rows, d_input]`, or `[1, rows, d_input]` for all trials, to `[trials, rows, d_output]`.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = x.matmul(self.weight.val());
        match &self.bias {
            Some(bias) => y + bias.val().unsqueeze_dim(1),
            None => y,
        }
    }
}
