//! What a causal attention layer consists of.

use burn::config::Config;
use burn::nn::{DropoutConfig, Initializer};
use burn::tensor::Device;

use super::super::{Linear, Parameters};
use super::CausalAttention;
use crate::ModelError;
use crate::error::Check;

/// Sizes of a [`CausalAttention`].
#[derive(Config, Debug, PartialEq)]
pub struct CausalAttentionConfig {
    /// Width of the residual stream.
    pub d_model: usize,
    /// Number of heads.
    pub n_head: usize,
    /// Width of a head; `n_head * d_head` need not equal `d_model`.
    pub d_head: usize,
    /// Whether query, value and output have biases; the key never has one. Default: true.
    #[config(default = true)]
    pub bias: bool,
    /// Whether logits depend on distances, as in Transformer-XL. Default: true.
    #[config(default = true)]
    pub relative: bool,
    /// Dropout on the attention weights while training. Default: 0.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Multiplier on the logits, a hyperparameter (inverse temperature). Default: 1.
    #[config(default = 1.0)]
    pub alpha_attention: f64,
    /// Whether the layer multiplies its output by a constant of the plan's, for depth; without it, the plan has the output
    /// projection start smaller. Default: false.
    #[config(default = false)]
    pub branch_factor: bool,
}

impl CausalAttentionConfig {
    /// Builds the layer without allocating its parameters.
    ///
    /// # Errors
    ///
    /// [`ModelError`] naming the field that describes no layer.
    pub fn init(&self, device: &Device) -> Result<CausalAttention, ModelError> {
        let check = Check("CausalAttentionConfig");
        check.positive(&[("d_model", self.d_model), ("n_head", self.n_head), ("d_head", self.d_head)])?;
        check.dropout("dropout", self.dropout)?;
        check.finite(&[("alpha_attention", self.alpha_attention)])?;
        if self.relative {
            check.even("d_model", self.d_model)?;
        }
        Ok(self.build(&Parameters::of_one(device), vec![self.alpha_attention]))
    }

    pub(crate) fn build<const V: usize, const M: usize, const X: usize>(
        &self,
        parameters: &Parameters,
        alpha_attention: Vec<f64>,
    ) -> CausalAttention<V, M, X> {
        let heads = self.n_head * self.d_head;
        let project = |bias| Linear::new(parameters, [self.d_model, heads], bias);
        let vector = || parameters.started(&[heads], &Initializer::Zeros);
        CausalAttention {
            query: project(self.bias),
            key: project(false),
            value: project(self.bias),
            output: Linear::new(parameters, [heads, self.d_model], self.bias),
            logit_scale: parameters.untrained((self.d_head as f64).sqrt().recip(), self.d_head),
            relative_key: self.relative.then(|| project(false)),
            content_bias: self.relative.then(vector),
            position_bias: self.relative.then(vector),
            branch_factor: self.branch_factor.then(|| parameters.untrained(1.0, 1)),
            dropout: DropoutConfig::new(self.dropout).init(),
            n_head: self.n_head,
            d_head: self.d_head,
            alpha_attention,
        }
    }
}
