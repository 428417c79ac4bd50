//! A GPT whose multipliers are in its weights.

use burn::module::Module;
use mup_shapes::PathPattern;

use super::{Gpt, GptConfig};
use crate::ModelError;
use crate::layers::multiply;

impl Gpt {
    /// The same function as a plain GPT, for programs that know no multipliers: attention divides by √d_head, every α and
    /// every forward multiplier is 1. Logits agree up to rounding. For inference: a folded model has another
    /// parametrization, and no plan fits it.
    ///
    /// - readout: W ← α_output · diag(multiplier) W;
    /// - the last map of each branch, or the norm behind it: times the branch's factor;
    /// - keys, relative keys: columns times α_attention · s · √d_head, relative keys also times α_relative; where keys are
    ///   normalized, the gain instead;
    /// - embeddings: times α_embedding;
    /// - tied, where the embedding cannot take the readout's factors as well: gain and shift of the final norm times
    ///   α_output · multiplier / α_embedding.
    ///
    /// # Errors
    ///
    /// [`ModelError::CannotFold`] for a tied model with an α_embedding of 0, whose weight would have to be zero for the
    /// embedding and not for the readout, or whose norms have no gain to take the readout's factor
    /// ([`ModelError::CannotFoldWithoutGain`]); [`ModelError::CannotFoldRotary`] for logit scales that no plan gives.
    pub fn folded(&self) -> Result<Self, ModelError> {
        let mut model = self.valid();
        let GptConfig { alpha_embedding, alpha_relative, .. } = model.config();
        let embed = |weight| multiply(weight, &[alpha_embedding]);
        if let Some(tied) = model.tied_readout.take() {
            if alpha_embedding == 0.0 {
                return Err(ModelError::CannotFold);
            }
            let (tied, features) = tied.folded();
            if !model.shape().norm.gain {
                return Err(ModelError::CannotFoldWithoutGain);
            }
            model.final_norm = model.final_norm.scaled(&multiply(features, &[alpha_embedding.recip()]));
            model.tied_readout = Some(tied);
        }
        model.readout = model.readout.map(crate::Readout::folded);
        model.token_embedding.weight = model.token_embedding.weight.map(embed);
        model.position_embedding = model.position_embedding.map(|mut positions| {
            positions.weight = positions.weight.map(embed);
            positions
        });
        for block in &mut model.blocks {
            block.attention = block.attention.clone().folded(alpha_relative)?;
            block.feed_forward = block.feed_forward.take().map(crate::FeedForward::folded);
            block.experts = block.experts.take().map(crate::Experts::folded);
        }
        model.configs = vec![plain(model.config())];
        Ok(model)
    }
}

/// Without multipliers.
fn plain(config: GptConfig) -> GptConfig {
    let config = config.with_alpha_attention(1.0).with_alpha_output(1.0).with_alpha_embedding(1.0);
    config.with_alpha_relative(1.0).with_branch_factors(false)
}

impl GptConfig {
    /// The parameters that are constants in a [folded](Gpt::folded) model, which a plain GPT does not have.
    #[must_use]
    pub fn multipliers() -> [PathPattern; 3] {
        ["readout.multiplier", "tied_readout.multiplier", "blocks.*.attention.logit_scale"].map(PathPattern::new)
    }
}
