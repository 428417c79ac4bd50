//! The position-wise feed-forward branch of a decoder block.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::{Closing, Linear, Norm, NormConfig, Parameters, closing};
use crate::ModelError;
use crate::error::Check;
use mup_kernels::{Gate, gated, gelu, linear_gated, linear_gelu};
use mup_probe::Probe;

/// What happens between the two widths of a [`FeedForward`].
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// gelu(up(x)), with the exact GELU.
    Gelu,
    /// silu(gate(x)) ⊙ up(x).
    SwiGlu,
    /// gelu(gate(x)) ⊙ up(x), with the exact GELU.
    GeGlu,
}

impl Hidden {
    /// What the gate goes through, where there is one.
    pub(crate) fn gate(self) -> Option<Gate> {
        match self {
            Self::Gelu => None,
            Self::SwiGlu => Some(Gate::Silu),
            Self::GeGlu => Some(Gate::Gelu),
        }
    }

    /// Number of matrices from `d_model` to `d_ffn`.
    pub(crate) fn maps(self) -> usize {
        1 + usize::from(self.gate().is_some())
    }
}

/// Sizes of a [`FeedForward`].
#[derive(Config, Debug, PartialEq)]
pub struct FeedForwardConfig {
    /// Width of the residual stream.
    pub d_model: usize,
    /// Width between the layers, free to grow by another factor than `d_model`.
    pub d_ffn: usize,
    /// What happens there. Default: GELU.
    #[config(default = "Hidden::Gelu")]
    pub hidden: Hidden,
    /// Whether the layers have biases. Default: true.
    #[config(default = true)]
    pub bias: bool,
    /// What norms are.
    #[config(default = "NormConfig::new()")]
    pub norm: NormConfig,
    /// Whether a norm follows `down`. Default: false.
    #[config(default = false)]
    pub output_norm: bool,
    /// Whether the branch multiplies its output by a constant of the plan's, for depth; without it, the plan has `down`
    /// start smaller. Default: false.
    #[config(default = false)]
    pub branch_factor: bool,
}

/// down(gelu(up(x))), or with a gate down(f(gate(x)) ⊙ up(x)).
///
/// A probe sees `gate` and `up` (before the nonlinearity), and `output`. `V` and `M` are the ranks of its vectors and
/// matrices: 1 and 2, or 2 and 3 in a stack of trials.
///
/// # Reference
///
/// Hendrycks & Gimpel, arXiv:1606.08415; Shazeer, arXiv:2002.05202 (gates).
#[derive(Module, Debug)]
pub struct FeedForward<const V: usize = 1, const M: usize = 2> {
    /// `d_model` to `d_ffn`.
    pub up: Linear<V, M>,
    /// `d_model` to `d_ffn`, of what multiplies `up`.
    pub gate: Option<Linear<V, M>>,
    /// `d_ffn` to `d_model`.
    pub down: Linear<V, M>,
    /// Behind `down`, in a sandwich.
    pub output_norm: Option<Norm<V>>,
    /// `[1]`, the factor on the output; not trained.
    pub branch_factor: Option<Param<Tensor<V>>>,
    #[module(skip)]
    hidden: Hidden,
}

impl FeedForwardConfig {
    /// Builds the layer without allocating its parameters.
    ///
    /// # Errors
    ///
    /// [`ModelError`] naming the field that describes no layer.
    pub fn init(&self, device: &Device) -> Result<FeedForward, ModelError> {
        Check("FeedForwardConfig").feed_forward(self)?;
        Ok(self.build(&Parameters::of_one(device)))
    }

    pub(crate) fn build<const V: usize, const M: usize>(&self, parameters: &Parameters) -> FeedForward<V, M> {
        let inner = || Linear::new(parameters, [self.d_model, self.d_ffn], self.bias);
        FeedForward {
            up: inner(),
            gate: self.hidden.gate().map(|_| inner()),
            down: Linear::new(parameters, [self.d_ffn, self.d_model], self.bias),
            output_norm: self.output_norm.then(|| Norm::made(parameters, self.d_model, &self.norm)),
            branch_factor: self.branch_factor.then(|| parameters.untrained(1.0, 1)),
            hidden: self.hidden,
        }
    }
}

impl<const V: usize, const M: usize> FeedForward<V, M> {
    /// The branch's output, `[.., d_model]`.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>, probe: &mut impl Probe) -> Tensor<D> {
        let gate = self.gate.as_ref().map(|gate| gate.forward(x.clone()));
        gate.iter().for_each(|gate| probe.observe("gate", gate));
        let up = self.up.forward(x);
        probe.observe("up", &up);
        let hidden = match gate.zip(self.hidden.gate()) {
            Some((gate, by)) => gated(gate, up, by),
            None => gelu(up),
        };
        let output = self.closing().forward(hidden);
        probe.observe("output", &output);
        output
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
        let hidden = match self.gate.as_ref().zip(self.hidden.gate()) {
            Some((gate, by)) => linear_gated(x, gate.values(), (weight, bias), by),
            None => linear_gelu(x, weight, bias),
        };
        self.closing().onto(hidden, residual)
    }

    fn closing(&self) -> Closing<'_, V, M> {
        Closing { map: &self.down, norm: self.output_norm.as_ref(), factor: self.branch_factor.as_ref() }
    }

    /// The same function with the branch's factor in what closes it.
    pub(crate) fn folded(mut self) -> Self {
        (self.down, self.output_norm) = closing::folded(self.down, self.output_norm, self.branch_factor.take());
        self
    }
}
