//! The position-wise feed-forward branch of a decoder block.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::{Linear, Parameters};
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
/// A probe sees `up` (before the nonlinearity) and `output`. `V` and `M` are the ranks of its vectors and matrices: 1 and
/// 2, or 2 and 3 in a stack of trials.
#[derive(Module, Debug)]
pub struct FeedForward<const V: usize = 1, const M: usize = 2> {
    /// `d_model` to `d_ffn`.
    pub up: Linear<V, M>,
    /// `d_ffn` to `d_model`.
    pub down: Linear<V, M>,
    /// `[1]`, the factor on the output; not trained.
    pub branch_factor: Option<Param<Tensor<V>>>,
}

impl FeedForwardConfig {
    /// Builds the layer without allocating its parameters.
    #[must_use]
    pub fn init(&self, device: &Device) -> FeedForward {
        self.build(&Parameters::of_one(device))
    }

    pub(crate) fn build<const V: usize, const M: usize>(&self, parameters: &Parameters) -> FeedForward<V, M> {
        FeedForward {
            up: Linear::new(parameters, [self.d_model, self.d_ffn], self.bias),
            down: Linear::new(parameters, [self.d_ffn, self.d_model], self.bias),
            branch_factor: self.branch_factor.then(|| parameters.untrained(1.0, 1)),
        }
    }
}

impl<const V: usize, const M: usize> FeedForward<V, M> {
    /// The branch's output, `[.., d_model]`.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>, probe: &mut impl Probe) -> Tensor<D> {
        let x = self.up.forward(x);
        probe.observe("up", &x);
        let (weight, bias) = self.down.closing(self.branch_factor.as_ref());
        let x = mup_kernels::linear(gelu(x), weight, bias);
        probe.observe("output", &x);
        x
    }

    /// The branch's output, added to the residual stream, in two operations. What a probe sees is computed beside them, so
    /// that it changes no bit.
    #[must_use]
    pub fn forward_residual<const D: usize, P: Probe>(
        &self,
        x: Tensor<D>,
        residual: Tensor<D>,
        probe: &mut P,
    ) -> Tensor<D> {
        if P::ENABLED {
            let _ = self.forward(x.clone(), probe);
        }
        let (weight, bias) = self.up.values();
        let hidden = mup_kernels::linear_gelu(x, weight, bias);
        let (weight, bias) = self.down.closing(self.branch_factor.as_ref());
        mup_kernels::linear_residual(hidden, weight, bias, residual)
    }

    /// The same function with the branch's factor in the weight and bias of `down`.
    pub(crate) fn folded(self) -> Self {
        Self { down: self.down.closing_folded(self.branch_factor), branch_factor: None, ..self }
    }
}
