//! Sizes and choices of a GPT.

use burn::config::Config;
use burn::tensor::Device;

use super::Gpt;
use crate::layers::Parameters;
use crate::{CausalAttentionConfig, ExpertsConfig, FeedForwardConfig, Hidden, ModelError, NormConfig, Positions};

/// Sizes and choices of a [`Gpt`], from the decoder of GPT-3 to those of today; [`gpt_3`](Self::gpt_3),
/// [`llama`](Self::llama), [`qwen3`](Self::qwen3) and [`mixtral`](Self::mixtral) are starting points.
#[derive(Config, Debug, PartialEq)]
pub struct GptConfig {
    /// Number of tokens.
    pub vocab: usize,
    /// Longest sequence.
    pub context: usize,
    /// Number of blocks.
    pub n_layer: usize,
    /// Width of the residual stream; even with relative positions.
    pub d_model: usize,
    /// Number of heads.
    pub n_head: usize,
    /// Width of a head; `n_head * d_head` need not equal `d_model`; even with rotary positions.
    pub d_head: usize,
    /// Width of the feed-forward branch.
    pub d_ffn: usize,
    /// Number of heads of keys and values, a divisor of `n_head`; 1 is multi-query attention. Default: `n_head`.
    pub n_kv_head: Option<usize>,
    /// How many positions a query sees, its own among them. Default: all before it.
    pub window: Option<usize>,
    /// Whether linear layers have biases (the key projection and the readout never do). Default: true.
    #[config(default = true)]
    pub bias: bool,
    /// How the model knows positions. Default: relative.
    #[config(default = "Positions::Relative")]
    pub positions: Positions,
    /// What its norms are. Default: layer norm with gain and shift.
    #[config(default = "NormConfig::new()")]
    pub norm: NormConfig,
    /// Whether a norm stands behind each branch too. Default: false.
    #[config(default = false)]
    pub sandwich: bool,
    /// Whether queries and keys are normalized by head, by RMS norms with gains. Default: false.
    #[config(default = false)]
    pub qk_norm: bool,
    /// What happens between the two widths of the feed-forward branch. Default: GELU.
    #[config(default = "Hidden::Gelu")]
    pub hidden: Hidden,
    /// A mixture of experts in place of the feed-forward branch. Default: none.
    pub experts: Option<ExpertsConfig>,
    /// Whether both branches of a block read the same norm, x + attention(norm(x)) + `feed_forward(norm(x))`. Default: false.
    #[config(default = false)]
    pub parallel: bool,
    /// Whether the readout shares the token embedding's weight. Default: false.
    #[config(default = false)]
    pub tied: bool,
    /// c: logits z become c tanh(z / c). Default: they stay.
    pub soft_cap: Option<f64>,
    /// Factor on the mean of (log Σ exp z)², which the loss has beside the cross-entropy. Default: 0.
    #[config(default = 0.0)]
    pub z_loss: f64,
    /// Dropout on embeddings, attention weights and branches while training. Default: 0.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Multiplier on the attention logits (inverse attention temperature). Default: 1.
    #[config(default = 1.0)]
    pub alpha_attention: f64,
    /// Multiplier on the logits (inverse output temperature). Default: 1.
    #[config(default = 1.0)]
    pub alpha_output: f64,
    /// Multiplier on the embeddings. Default: 1.
    #[config(default = 1.0)]
    pub alpha_embedding: f64,
    /// Multiplier on the sinusoids of relative positions. Default: 1.
    #[config(default = 1.0)]
    pub alpha_relative: f64,
    /// Whether each branch is multiplied by a constant of the plan's, for depth (CompleteP's own form); without it, the plan
    /// has the last map of each branch start smaller, which is the same function at every step. Default: false.
    #[config(default = false)]
    pub branch_factors: bool,
}

impl GptConfig {
    /// Builds the model without allocating its parameters.
    ///
    /// # Errors
    ///
    /// [`ModelError`] naming the field that describes no model.
    pub fn init(&self, device: &Device) -> Result<Gpt, ModelError> {
        self.check()?;
        Ok(Gpt::build(vec![self.clone()], &Parameters::of_one(device)))
    }

    /// Number of heads of keys and values.
    #[must_use]
    pub fn kv_heads(&self) -> usize {
        self.n_kv_head.unwrap_or(self.n_head)
    }

    /// The attention of a block.
    pub(super) fn attention(&self) -> CausalAttentionConfig {
        CausalAttentionConfig::new(self.d_model, self.n_head, self.d_head)
            .with_n_kv_head(self.n_kv_head)
            .with_window(self.window)
            .with_bias(self.bias)
            .with_positions(self.positions)
            .with_qk_norm(self.qk_norm)
            .with_norm(self.norm)
            .with_output_norm(self.sandwich)
            .with_dropout(self.dropout)
            .with_branch_factor(self.branch_factors)
    }

    /// The feed-forward branch of a block.
    pub(super) fn feed_forward(&self) -> FeedForwardConfig {
        FeedForwardConfig::new(self.d_model, self.d_ffn)
            .with_hidden(self.hidden)
            .with_bias(self.bias)
            .with_norm(self.norm)
            .with_output_norm(self.sandwich)
            .with_branch_factor(self.branch_factors)
    }
}
