//! Models that are well known, as configs.

use super::GptConfig;
use crate::{ExpertsConfig, Hidden, NormConfig, NormKind, Positions, RotaryPositions};

/// Sizes that every preset needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Number of tokens.
    pub vocab: usize,
    /// Longest sequence.
    pub context: usize,
    /// Number of blocks.
    pub n_layer: usize,
    /// Width of the residual stream.
    pub d_model: usize,
    /// Number of heads.
    pub n_head: usize,
    /// Number of heads of keys and values.
    pub n_kv_head: usize,
    /// Width of a head.
    pub d_head: usize,
    /// Width of the feed-forward branch.
    pub d_ffn: usize,
}

impl GptConfig {
    fn of(sizes: Sizes) -> Self {
        let Sizes { vocab, context, n_layer, d_model, n_head, n_kv_head, d_head, d_ffn } = sizes;
        Self::new(vocab, context, n_layer, d_model, n_head, d_head, d_ffn).with_n_kv_head(Some(n_kv_head))
    }

    /// The decoder of Tensor Programs V's experiment: pre-norm, GELU, biases, relative attention.
    ///
    /// # Reference
    ///
    /// Brown et al., arXiv:2005.14165; Tensor Programs V, arXiv:2203.03466v2, Appendix F.4 (relative attention).
    ///
    /// ```
    /// use mup_models::{GptConfig, Sizes};
    /// let sizes = Sizes { vocab: 50_257, context: 2048, n_layer: 24, d_model: 1024, n_head: 16, n_kv_head: 16, d_head: 64, d_ffn: 4096 };
    /// assert_eq!(GptConfig::gpt_3(sizes).parameter_count() / 1_000_000, 430);
    /// ```
    #[must_use]
    pub fn gpt_3(sizes: Sizes) -> Self {
        Self::of(sizes)
    }

    /// Llama 2 and 3: RMS norms, SwiGLU, rotary positions, grouped heads, no biases; θ is Llama 3's 500 000.
    ///
    /// # Reference
    ///
    /// Touvron et al., arXiv:2307.09288, section 2; Grattafiori et al., arXiv:2407.21783, section 3.2.
    ///
    /// ```
    /// use mup_models::{GptConfig, Sizes};
    /// // Llama 3 8B: 8 030 261 248 parameters on its model card.
    /// let sizes = Sizes { vocab: 128_256, context: 8192, n_layer: 32, d_model: 4096, n_head: 32, n_kv_head: 8, d_head: 128, d_ffn: 14_336 };
    /// assert_eq!(GptConfig::llama(sizes).parameter_count(), 8_030_261_248);
    /// ```
    #[must_use]
    pub fn llama(sizes: Sizes) -> Self {
        Self::of(sizes)
            .with_bias(false)
            .with_norm(NormConfig::new().with_kind(NormKind::Rms))
            .with_hidden(Hidden::SwiGlu)
            .with_positions(Positions::Rotary(RotaryPositions::new().with_theta(500_000.0)))
    }

    /// Qwen3's dense models: Llama with queries and keys normalized by head, ε = 10⁻⁶ and θ = 1 000 000; the small ones are
    /// tied.
    ///
    /// # Reference
    ///
    /// Yang et al., arXiv:2505.09388, section 2.
    ///
    /// ```
    /// use mup_models::{GptConfig, Sizes};
    /// // Qwen3-0.6B: 596 049 920 parameters.
    /// let sizes = Sizes { vocab: 151_936, context: 32_768, n_layer: 28, d_model: 1024, n_head: 16, n_kv_head: 8, d_head: 128, d_ffn: 3072 };
    /// assert_eq!(GptConfig::qwen3(sizes).with_tied(true).parameter_count(), 596_049_920);
    /// ```
    #[must_use]
    pub fn qwen3(sizes: Sizes) -> Self {
        Self::llama(sizes)
            .with_qk_norm(true)
            .with_norm(NormConfig::new().with_kind(NormKind::Rms).with_epsilon(1e-6))
            .with_positions(Positions::Rotary(RotaryPositions::new().with_theta(1_000_000.0)))
    }

    /// Mixtral: Llama with θ = 1 000 000 and, in place of the feed-forward branch, `n_expert` experts of its width, of which a
    /// token goes to `n_chosen`.
    ///
    /// # Reference
    ///
    /// Jiang et al., arXiv:2401.04088, section 2.
    ///
    /// ```
    /// use mup_models::{GptConfig, Sizes};
    /// // Mixtral 8x7B: 46 702 792 704 parameters, of which a token uses 12 879 925 248.
    /// let sizes = Sizes { vocab: 32_000, context: 32_768, n_layer: 32, d_model: 4096, n_head: 32, n_kv_head: 8, d_head: 128, d_ffn: 14_336 };
    /// assert_eq!(GptConfig::mixtral(sizes, 8, 2).parameter_count(), 46_702_792_704);
    /// ```
    #[must_use]
    pub fn mixtral(sizes: Sizes, n_expert: usize, n_chosen: usize) -> Self {
        Self::llama(sizes)
            .with_positions(Positions::Rotary(RotaryPositions::new().with_theta(1_000_000.0)))
            .with_experts(Some(ExpertsConfig::new(n_expert, n_chosen)))
    }
}
