//! The readout: a linear layer whose multiplier is part of the forward pass.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::LinearConfig;
use burn::tensor::{Device, Tensor};

use super::{multiply, untrained};

/// Sizes of a [`Readout`].
#[derive(Config, Debug, PartialEq)]
pub struct ReadoutConfig {
    /// Width of the features.
    pub d_input: usize,
    /// Number of logits.
    pub d_output: usize,
    /// Whether there is a bias. Default: true.
    #[config(default = true)]
    pub bias: bool,
    /// Multiplier on the logits, a hyperparameter. Default: 1.
    #[config(default = 1.0)]
    pub alpha_output: f64,
}

/// α_output · (x ⊙ multiplier) W + b, the replacement for the last `Linear` of a model.
///
/// The multiplier is 1 until a plan is applied, and the plan's A (1/m_in in µP) afterwards.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Table 8 (output multiplier); α_output is its tunable factor, Appendix F.4.
#[derive(Module, Debug)]
pub struct Readout {
    /// `[d_input, d_output]`.
    pub weight: Param<Tensor<2>>,
    /// `[d_output]`; not multiplied.
    pub bias: Option<Param<Tensor<1>>>,
    /// `[d_input]`, the forward multiplier; not trained.
    pub multiplier: Param<Tensor<1>>,
    pub(crate) alpha_output: f64,
}

impl ReadoutConfig {
    /// Builds the layer without allocating its parameters; weight and bias start as Burn's `Linear` does.
    #[must_use]
    pub fn init(&self, device: &Device) -> Readout {
        let linear = LinearConfig::new(self.d_input, self.d_output).with_bias(self.bias).init(device);
        Readout {
            weight: linear.weight,
            bias: linear.bias,
            multiplier: untrained(1.0, self.d_input, device),
            alpha_output: self.alpha_output,
        }
    }
}

impl Readout {
    /// Logits `[.., d_output]` of features `[.., d_input]`.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` is not `d_input`.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        // On the weight, which is smaller than the features of a batch.
        let rows = multiply(self.multiplier.val(), self.alpha_output).unsqueeze_dim(1);
        mup_kernels::linear(x, self.weight.val() * rows, self.bias.as_ref().map(Param::val))
    }

    /// The same function with α_output and the multiplier in the weight: W ← α_output · diag(multiplier) W, and both 1.
    pub(crate) fn folded(self) -> Self {
        let rows = multiply(self.multiplier.val(), self.alpha_output).unsqueeze_dim(1);
        let [d_input] = self.multiplier.dims();
        let multiplier = untrained(1.0, d_input, &self.multiplier.device());
        Self { weight: self.weight.map(|weight| weight * rows), multiplier, alpha_output: 1.0, ..self }
    }
}
