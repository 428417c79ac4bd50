//! A multilayer perceptron of free widths.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, activation};

use crate::error::Check;
use crate::{ModelError, Readout, ReadoutConfig, cross_entropy};
use mup_kernels::gelu;
use mup_probe::{NoProbe, Probe};

/// The nonlinearity between layers.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Activation {
    /// max(0, x).
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// x·Φ(x), exact (with erf).
    Gelu,
}

impl Activation {
    fn forward(self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Relu => activation::relu(x),
            Self::Tanh => activation::tanh(x),
            Self::Gelu => gelu(x),
        }
    }
}

/// Sizes of an [`Mlp`].
#[derive(Config, Debug, PartialEq)]
pub struct MlpConfig {
    /// Coordinates of an input.
    pub d_input: usize,
    /// Width of each hidden layer, free to differ, for example `[d_model, d_ff, d_model]`.
    pub widths: Vec<usize>,
    /// Number of classes.
    pub d_output: usize,
    /// Whether the layers have biases. Default: true.
    #[config(default = true)]
    pub bias: bool,
    /// The nonlinearity. Default: ReLU.
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    /// Multiplier on the logits, a hyperparameter. Default: 1.
    #[config(default = 1.0)]
    pub alpha_output: f64,
}

/// Linear layers with a nonlinearity between them, and a [`Readout`].
///
/// A probe sees the preactivations `input` and `hidden.{i}`, and `logits`.
#[derive(Module, Debug)]
pub struct Mlp {
    /// First layer.
    pub input: Linear,
    /// The layers after it.
    pub hidden: Vec<Linear>,
    /// Last layer.
    pub readout: Readout,
    #[module(skip)]
    activation: Activation,
}

impl MlpConfig {
    /// Builds the model without allocating its parameters.
    ///
    /// # Errors
    ///
    /// [`ModelError`] naming the field that describes no model.
    pub fn init(&self, device: &Device) -> Result<Mlp, ModelError> {
        let check = Check("MlpConfig");
        check.positive(&[("d_input", self.d_input), ("d_output", self.d_output)])?;
        check.widths("widths", &self.widths)?;
        check.finite(&[("alpha_output", self.alpha_output)])?;
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).with_bias(self.bias).init(device);
        let last = self.widths[self.widths.len() - 1];
        Ok(Mlp {
            input: linear(self.d_input, self.widths[0]),
            hidden: self.widths.windows(2).map(|pair| linear(pair[0], pair[1])).collect(),
            readout: ReadoutConfig::new(last, self.d_output)
                .with_bias(self.bias)
                .with_alpha_output(self.alpha_output)
                .init(device),
            activation: self.activation,
        })
    }
}

impl Mlp {
    /// Logits `[batch, d_output]` of inputs `[batch, d_input]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.forward_probed(x, &mut NoProbe)
    }

    /// [`forward`](Self::forward), reporting activations.
    #[must_use]
    pub fn forward_probed(&self, x: Tensor<2>, probe: &mut impl Probe) -> Tensor<2> {
        let mut x = self.input.forward(x);
        probe.observe("input", &x);
        for (i, layer) in self.hidden.iter().enumerate() {
            x = layer.forward(self.activation.forward(x));
            observe_indexed(probe, "hidden", i, &x);
        }
        let logits = self.readout.forward(self.activation.forward(x));
        probe.observe_logits("logits", &logits);
        logits
    }

    /// Mean cross-entropy of inputs `[batch, d_input]` against classes `[batch]`.
    #[must_use]
    pub fn loss(&self, x: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        cross_entropy(self.forward(x), targets)
    }
}

fn observe_indexed<P: Probe>(probe: &mut P, name: &str, i: usize, x: &Tensor<2>) {
    if P::ENABLED {
        probe.observe(&format!("{name}.{i}"), x);
    }
}
