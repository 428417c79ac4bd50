//! The config of a model that was built.

use super::{Gpt, GptConfig, Positions};

impl Gpt {
    /// The config that [`GptConfig::init`] makes such a model from.
    #[must_use]
    pub fn config(&self) -> GptConfig {
        let block = &self.blocks[0];
        let (attention, up) = (&block.attention, &block.feed_forward.up);
        let readout = self.readout.as_ref().map(|readout| readout.alpha_output);
        let tied = self.tied_readout.as_ref().map(|readout| readout.alpha_output);
        GptConfig {
            vocab: self.vocab,
            context: self.context,
            n_layer: self.blocks.len(),
            d_model: self.d_model,
            n_head: attention.n_head,
            d_head: attention.d_head,
            d_ffn: up.weight.lazy_shape()[1],
            bias: up.bias.is_some(),
            positions: match (self.relative, &self.position_embedding) {
                (true, _) => Positions::Relative,
                (false, Some(_)) => Positions::Absolute,
                (false, None) => Positions::None,
            },
            tied: tied.is_some(),
            dropout: self.dropout.prob,
            alpha_attention: attention.alpha_attention,
            alpha_output: readout.or(tied).unwrap_or(1.0),
            alpha_embedding: self.alpha_embedding,
            alpha_relative: self.alpha_relative,
            branch_factors: attention.branch_factor.is_some(),
        }
    }
}
