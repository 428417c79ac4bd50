//! Sizes and choices of a GPT, and the names of its parameters.

use burn::config::Config;
use burn::tensor::Device;
use mup_shapes::PathPattern;

use super::Gpt;
use crate::ModelError;
use crate::error::Check;
use crate::layers::Parameters;

/// How a [`Gpt`] knows where a token is.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Positions {
    /// Attention logits depend on distances (Transformer-XL).
    Relative,
    /// A learned embedding of the position is added to the token's.
    Absolute,
    /// Only through the causal mask.
    None,
}

/// Sizes and choices of a [`Gpt`].
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
    /// Width of a head; `n_head * d_head` need not equal `d_model`.
    pub d_head: usize,
    /// Width of the feed-forward branch.
    pub d_ffn: usize,
    /// Whether linear layers have biases (the key projection and the readout never do). Default: true.
    #[config(default = true)]
    pub bias: bool,
    /// How the model knows positions. Default: relative.
    #[config(default = "Positions::Relative")]
    pub positions: Positions,
    /// Whether the readout shares the token embedding's weight. Default: false.
    #[config(default = false)]
    pub tied: bool,
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

    fn check(&self) -> Result<(), ModelError> {
        let check = Check("GptConfig");
        check.positive(&[
            ("vocab", self.vocab),
            ("context", self.context),
            ("n_layer", self.n_layer),
            ("d_model", self.d_model),
            ("n_head", self.n_head),
            ("d_head", self.d_head),
            ("d_ffn", self.d_ffn),
        ])?;
        if self.positions == Positions::Relative {
            check.even("d_model", self.d_model)?;
        }
        check.dropout("dropout", self.dropout)?;
        check.finite(&[
            ("alpha_attention", self.alpha_attention),
            ("alpha_output", self.alpha_output),
            ("alpha_embedding", self.alpha_embedding),
            ("alpha_relative", self.alpha_relative),
        ])
    }

    /// Number of trained parameters (untrained multipliers are not counted).
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        let (d, heads, ffn) = (self.d_model, self.n_head * self.d_head, self.d_ffn);
        let mut block = 4 * d * heads + 2 * d * ffn + 4 * d;
        if self.bias {
            block += 2 * heads + d + ffn + d;
        }
        if self.positions == Positions::Relative {
            block += d * heads + 2 * heads;
        }
        let positions = if self.positions == Positions::Absolute { self.context * d } else { 0 };
        let readout = if self.tied { 0 } else { d * self.vocab };
        self.vocab * d + positions + self.n_layer * block + 2 * d + readout
    }

    /// The weights of the query projections; zero at initialization removes the finite-width part of the logits.
    #[must_use]
    pub fn queries() -> PathPattern {
        PathPattern::new("blocks.*.attention.query.weight")
    }

    /// The weight of the untied readout; zero at initialization removes the finite-width part of the function.
    #[must_use]
    pub fn readout() -> PathPattern {
        PathPattern::new("readout.weight")
    }

    /// The weights of the last layer of each residual branch, which GPT-2 divides by √(2·`n_layer`) at initialization
    /// (Radford et al. 2019, section 2.3); under rules of depth with the base's `n_layer`.
    #[must_use]
    pub fn residual_projections() -> [PathPattern; 2] {
        [PathPattern::new("blocks.*.attention.output.weight"), PathPattern::new("blocks.*.feed_forward.down.weight")]
    }

    /// u and v of the relative attention.
    #[must_use]
    pub fn relative_biases() -> [PathPattern; 2] {
        [PathPattern::new("blocks.*.attention.content_bias"), PathPattern::new("blocks.*.attention.position_bias")]
    }
}
