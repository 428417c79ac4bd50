//! The position-wise feed-forward branch of a decoder block.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::{closing, closing_folded, untrained};
use mup_kernels::gelu;
use mup_probe::Probe;

/// Sizes of a [`FeedForward`].
#[derive(Config, Debug, PartialEq)]
pub struct FeedForwardConfig {
    /// Width of the residual stream.
    pub d_model: usize,
    /// Width between the two layers, free to grow by another factor than `d_model`.
    pub d_ffn: usize,
    /// Whether the layers have biases. Default: true.
    #[config(default = true)]
    pub bias: bool,
    /// Whether the branch multiplies its output by a constant of the plan's, for depth; without it, the plan has `down`
    /// start smaller. Default: false.
    #[config(default = false)]
    pub branch_factor: bool,
}

/// down(gelu(up(x))), with the exact GELU.
///
/// A probe sees `up` (before the nonlinearity) and `output`.
#[derive(Module, Debug)]
pub struct FeedForward {
    /// `d_model` to `d_ffn`.
    pub up: Linear,
    /// `d_ffn` to `d_model`.
    pub down: Linear,
    /// `[1]`, the factor on the output; not trained.
    pub branch_factor: Option<Param<Tensor<1>>>,
}

impl FeedForwardConfig {
    /// Builds the layer without allocating its parameters.
    #[must_use]
    pub fn init(&self, device: &Device) -> FeedForward {
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).with_bias(self.bias).init(device);
        FeedForward {
            up: linear(self.d_model, self.d_ffn),
            down: linear(self.d_ffn, self.d_model),
            branch_factor: self.branch_factor.then(|| untrained(1.0, 1, device)),
        }
    }
}

impl FeedForward {
    /// The branch's output, `[batch, time, d_model]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<3>, probe: &mut impl Probe) -> Tensor<3> {
        let x = self.up.forward(x);
        probe.observe("up", &x);
        let x = match &self.branch_factor {
            None => self.down.forward(gelu(x)),
            factor => {
                let (weight, bias) = closing(&self.down, factor.as_ref());
                mup_kernels::linear(gelu(x), weight, bias)
            }
        };
        probe.observe("output", &x);
        x
    }

    /// The branch's output, added to the residual stream, in two operations. What a probe sees is computed beside them, so
    /// that it changes no bit.
    #[must_use]
    pub fn forward_residual<P: Probe>(&self, x: Tensor<3>, residual: Tensor<3>, probe: &mut P) -> Tensor<3> {
        if P::ENABLED {
            let _ = self.forward(x.clone(), probe);
        }
        let hidden = mup_kernels::linear_gelu(x, self.up.weight.val(), self.up.bias.as_ref().map(Param::val));
        let (weight, bias) = closing(&self.down, self.branch_factor.as_ref());
        mup_kernels::linear_residual(hidden, weight, bias, residual)
    }

    /// The same function with the branch's factor in the weight and bias of `down`.
    pub(crate) fn folded(self) -> Self {
        Self { down: closing_folded(self.down, self.branch_factor), branch_factor: None, ..self }
    }
}
