//! The readout: a linear layer whose multiplier is part of the forward pass.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::{Linear, Parameters, multiply};

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
/// The multiplier is 1 until a plan is applied, and the plan's A (1/m_in in µP) afterwards. `V` and `M` are the ranks of
/// its vectors and matrices: 1 and 2, or 2 and 3 in a stack of trials.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Table 8 (output multiplier); α_output is its tunable factor, Appendix F.4.
#[derive(Module, Debug)]
pub struct Readout<const V: usize = 1, const M: usize = 2> {
    /// `[d_input, d_output]`.
    pub weight: Param<Tensor<M>>,
    /// `[d_output]`; not multiplied.
    pub bias: Option<Param<Tensor<V>>>,
    /// `[d_input]`, the forward multiplier; not trained.
    pub multiplier: Param<Tensor<V>>,
    /// Of each trial.
    alpha_output: Vec<f64>,
}

impl ReadoutConfig {
    /// Builds the layer without allocating its parameters; weight and bias start as Burn's `Linear` does.
    #[must_use]
    pub fn init(&self, device: &Device) -> Readout {
        self.build(&Parameters::of_one(device), vec![self.alpha_output])
    }

    pub(crate) fn build<const V: usize, const M: usize>(
        &self,
        parameters: &Parameters,
        alpha_output: Vec<f64>,
    ) -> Readout<V, M> {
        let Linear { weight, bias } = Linear::new(parameters, [self.d_input, self.d_output], self.bias);
        Readout { weight, bias, multiplier: parameters.untrained(1.0, self.d_input), alpha_output }
    }
}

impl<const V: usize, const M: usize> Readout<V, M> {
    /// Logits `[.., d_output]` of features `[.., d_input]`.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` is not `d_input`.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        // On the weight, which is smaller than the features of a batch.
        mup_kernels::linear(x, self.weight.val() * self.rows(), self.bias.as_ref().map(Param::val))
    }

    /// What the weight's rows are multiplied by, `[d_input, 1]`.
    fn rows(&self) -> Tensor<M> {
        multiply(self.multiplier.val(), &self.alpha_output).unsqueeze_dim(V)
    }

    /// The same function with α_output and the multiplier in the weight: W ← α_output · diag(multiplier) W, and both 1.
    pub(crate) fn folded(self) -> Self {
        let (rows, ones) = (self.rows(), vec![1.0; self.alpha_output.len()]);
        let multiplier = self.multiplier.map(|multiplier| multiplier.ones_like());
        Self { weight: self.weight.map(|weight| weight * rows), multiplier, alpha_output: ones, ..self }
    }
}
