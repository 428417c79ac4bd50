//! K decoder blocks.

use burn::module::Module;
use burn::nn::Dropout;
use burn::tensor::Tensor;

use super::attention::AttentionStack;
use super::feed_forward::FeedForwardStack;
use super::norm::LayerNormStack;
use super::trials::each;
use crate::{AttentionFrame, Block};

/// x + attention(norm(x)), then x + feed_forward(norm(x)), for every trial.
#[derive(Module, Debug)]
pub(super) struct BlockStack {
    attention_norm: LayerNormStack,
    attention: AttentionStack,
    feed_forward_norm: LayerNormStack,
    feed_forward: FeedForwardStack,
    dropout: Dropout,
}

impl BlockStack {
    pub(super) fn new(blocks: &[&Block]) -> Self {
        Self {
            attention_norm: LayerNormStack::new(&each(blocks, |block| &block.attention_norm)),
            attention: AttentionStack::new(&each(blocks, |block| &block.attention)),
            feed_forward_norm: LayerNormStack::new(&each(blocks, |block| &block.feed_forward_norm)),
            feed_forward: FeedForwardStack::new(&each(blocks, |block| &block.feed_forward)),
            dropout: blocks[0].dropout.clone(),
        }
    }

    /// `[trials, batch · time, d_model]` to the same shape.
    pub(super) fn forward(&self, x: Tensor<3>, frame: &AttentionFrame, alpha_relative: &[f64]) -> Tensor<3> {
        let branch = self.attention.forward(self.attention_norm.forward(x.clone()), frame, alpha_relative);
        let x = x + self.dropout.forward(branch);
        let branch = self.feed_forward.forward(self.feed_forward_norm.forward(x.clone()));
        x + self.dropout.forward(branch)
    }
}
