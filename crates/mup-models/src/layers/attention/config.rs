//! What a causal attention layer consists of.

use burn::config::Config;
use burn::nn::{DropoutConfig, Initializer};
use burn::tensor::Device;
use mup_kernels::Heads;

use super::super::{Linear, Norm, NormConfig, Parameters, RmsNorm};
use super::{CausalAttention, RotaryPositions};
use crate::ModelError;
use crate::error::Check;

/// How a model knows where a token is.
#[derive(Config, Debug, Copy, PartialEq)]
pub enum Positions {
    /// Attention logits depend on distances (Transformer-XL).
    Relative,
    /// A learned embedding of the position is added to the token's.
    Absolute,
    /// Queries and keys are turned by their positions.
    Rotary(RotaryPositions),
    /// Only through the causal mask.
    None,
}

/// Sizes and choices of a [`CausalAttention`].
#[derive(Config, Debug, PartialEq)]
pub struct CausalAttentionConfig {
    /// Width of the residual stream.
    pub d_model: usize,
    /// Number of heads.
    pub n_head: usize,
    /// Width of a head; `n_head * d_head` need not equal `d_model`.
    pub d_head: usize,
    /// Number of heads of keys and values, a divisor of `n_head`; 1 is multi-query attention. Default: `n_head`.
    pub n_kv_head: Option<usize>,
    /// How many positions a query sees, its own among them. Default: all before it.
    pub window: Option<usize>,
    /// Whether query, value and output have biases; the key never has one. Default: true.
    #[config(default = true)]
    pub bias: bool,
    /// How positions enter the logits; learned absolute ones do not. Default: relative.
    #[config(default = "Positions::Relative")]
    pub positions: Positions,
    /// Whether queries and keys are normalized by head, with gains (QK-norm). Default: false.
    #[config(default = false)]
    pub qk_norm: bool,
    /// What norms are; those of queries and keys are RMS norms with gains whatever this says.
    #[config(default = "NormConfig::new()")]
    pub norm: NormConfig,
    /// Whether a norm follows the output projection. Default: false.
    #[config(default = false)]
    pub output_norm: bool,
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
        check.heads(self)?;
        check.dropout("dropout", self.dropout)?;
        check.finite(&[("alpha_attention", self.alpha_attention)])?;
        check.norm(&self.norm, self.output_norm.then_some("output_norm"))?;
        Ok(self.build(&Parameters::of_one(device), vec![self.alpha_attention]))
    }

    /// Number of heads of keys and values.
    #[must_use]
    pub fn kv_heads(&self) -> usize {
        self.n_kv_head.unwrap_or(self.n_head)
    }

    pub(crate) fn build<const V: usize, const M: usize, const X: usize>(
        &self,
        parameters: &Parameters,
        alpha_attention: Vec<f64>,
    ) -> CausalAttention<V, M, X> {
        let [queries, keys] = [self.n_head, self.kv_heads()].map(|heads| heads * self.d_head);
        let project = |heads, bias| Linear::new(parameters, [self.d_model, heads], bias);
        let vector = || parameters.started(&[queries], &Initializer::Zeros);
        let of_heads = || RmsNorm::made(parameters, self.d_head, &NormConfig { gain: true, ..self.norm });
        let relative = self.positions == Positions::Relative;
        CausalAttention {
            query: project(queries, self.bias),
            key: project(keys, false),
            value: project(keys, self.bias),
            output: Linear::new(parameters, [queries, self.d_model], self.bias),
            output_norm: self.output_norm.then(|| Norm::made(parameters, self.d_model, &self.norm)),
            query_norm: self.qk_norm.then(of_heads),
            key_norm: self.qk_norm.then(of_heads),
            logit_scale: parameters.untrained((self.d_head as f64).sqrt().recip(), self.d_head),
            relative_key: relative.then(|| project(keys, false)),
            content_bias: relative.then(vector),
            position_bias: relative.then(vector),
            branch_factor: self.branch_factor.then(|| parameters.untrained(1.0, 1)),
            dropout: DropoutConfig::new(self.dropout).init(),
            heads: Heads { queries: self.n_head, keys: self.kv_heads(), window: self.window },
            d_head: self.d_head,
            rotary: match self.positions {
                Positions::Rotary(rotary) => Some(rotary.of_width(self.d_head)),
                Positions::Relative | Positions::Absolute | Positions::None => None,
            },
            alpha_attention,
        }
    }
}
