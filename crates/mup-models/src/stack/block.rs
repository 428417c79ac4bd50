//! K decoder blocks.

use burn::module::Module;
use burn::tensor::Tensor;

use super::attention::AttentionStack;
use super::feed_forward::FeedForwardStack;
use super::norm::LayerNormStack;
use super::trials::each;
use crate::Block;

/// x + attention(norm(x)), then x + feed_forward(norm(x)), for every trial.
#[derive(Module, Debug)]
pub(super) struct BlockStack {
    attention_norm: LayerNormStack,
    attention: AttentionStack,
    feed_forward_norm: LayerNormStack,
    feed_forward: FeedForwardStack,
}

impl BlockStack {
    pub(super) fn new(blocks: &[&Block]) -> Self {
        Self {
            attention_norm: LayerNormStack::new(&each(blocks, |block| &block.attention_norm)),
            attention: AttentionStack::new(&each(blocks, |block| &block.attention)),
            feed_forward_norm: LayerNormStack::new(&each(blocks, |block| &block.feed_forward_norm)),
            feed_forward: FeedForwardStack::new(&each(blocks, |block| &block.feed_forward)),
        }
    }

    /// `[trials, batch, time, d_model]` to the same shape.
    pub(super) fn forward(&self, x: Tensor<4>, sinusoids: Option<&Tensor<3>>) -> Tensor<4> {
        let x = self.attention.forward_residual(self.attention_norm.forward(x.clone()), sinusoids, x);
        self.feed_forward.forward_residual(self.feed_forward_norm.forward(x.clone()), x)
    }
}
