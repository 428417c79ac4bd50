//! How a model is made from its config, or a stack from those of its trials.

use burn::nn::DropoutConfig;

use super::{Block, Gpt, GptConfig};
use crate::layers::Parameters;
use crate::{Embedding, Norm, Positions, ReadoutConfig, TiedReadoutConfig};

impl<const V: usize, const M: usize, const X: usize> Gpt<V, M, X> {
    /// From one valid config for each trial, alike in everything but multipliers.
    pub(super) fn build(configs: Vec<GptConfig>, parameters: &Parameters) -> Self {
        let config = &configs[0];
        let alpha_output = each(&configs, |config| config.alpha_output);
        let tied = TiedReadoutConfig::new(config.d_model);
        let untied = ReadoutConfig::new(config.d_model, config.vocab).with_bias(false);
        let embedding = |rows| Embedding::new(parameters, [rows, config.d_model]);
        Self {
            token_embedding: embedding(config.vocab),
            position_embedding: (config.positions == Positions::Absolute).then(|| embedding(config.context)),
            blocks: (0..config.n_layer).map(|_| Block::build(&configs, parameters)).collect(),
            final_norm: Norm::made(parameters, config.d_model, &config.norm),
            readout: (!config.tied).then(|| untied.build(parameters, alpha_output.clone())),
            tied_readout: config.tied.then(|| tied.build(parameters, alpha_output.clone())),
            dropout: DropoutConfig::new(config.dropout).init(),
            configs,
        }
    }
}

impl<const V: usize, const M: usize, const X: usize> Block<V, M, X> {
    fn build(configs: &[GptConfig], parameters: &Parameters) -> Self {
        let config = &configs[0];
        let norm = || Norm::made(parameters, config.d_model, &config.norm);
        Self {
            attention_norm: norm(),
            attention: config.attention().build(parameters, each(configs, |config| config.alpha_attention)),
            feed_forward_norm: (!config.parallel).then(norm),
            feed_forward: config.experts.is_none().then(|| config.feed_forward().build(parameters)),
            experts: config.experts.as_ref().map(|experts| experts.build(&config.feed_forward(), parameters)),
            dropout: DropoutConfig::new(config.dropout).init(),
        }
    }
}

/// A multiplier of each trial.
pub(super) fn each(configs: &[GptConfig], alpha: impl Fn(&GptConfig) -> f64) -> Vec<f64> {
    configs.iter().map(alpha).collect()
}
