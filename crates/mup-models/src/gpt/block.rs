//! One pre-norm decoder block.

use burn::module::Module;
use burn::nn::Dropout;
use burn::tensor::Tensor;

use crate::layers::{LayerCache, drops};
use crate::{AttentionFrame, CausalAttention, FeedForward, LayerNorm};
use mup_probe::{NoProbe, Probe, Scope};

/// x + attention(norm(x)), then x + feed_forward(norm(x)).
#[derive(Module, Debug)]
pub struct Block {
    /// Before the attention.
    pub attention_norm: LayerNorm,
    /// First branch.
    pub attention: CausalAttention,
    /// Before the feed-forward branch.
    pub feed_forward_norm: LayerNorm,
    /// Second branch.
    pub feed_forward: FeedForward,
    pub(super) dropout: Dropout,
}

impl Block {
    pub(super) fn forward<P: Probe>(
        &self,
        x: Tensor<3>,
        frame: &AttentionFrame,
        scope: &mut Scope<'_, P>,
    ) -> Tensor<3> {
        let normed = self.attention_norm.forward(x.clone());
        scope.observe("attention_norm", &normed);
        let mut attention = Scope::new(scope, "attention");
        let x = if drops(&self.dropout, &x) {
            x + self.dropout.forward(self.attention.forward_probed(normed, frame, &mut attention))
        } else {
            self.attention.forward_residual(normed, frame, x, &mut attention)
        };
        let x = self.feed_forward(x, scope);
        scope.observe_own_stream(&x);
        x
    }

    pub(super) fn forward_cached(&self, x: Tensor<3>, frame: &AttentionFrame, cache: &mut LayerCache) -> Tensor<3> {
        let normed = self.attention_norm.forward(x.clone());
        let branch = self.attention.forward_cached(normed, frame, cache);
        self.feed_forward(x + self.dropout.forward(branch), &mut NoProbe)
    }

    fn feed_forward(&self, x: Tensor<3>, probe: &mut impl Probe) -> Tensor<3> {
        let normed = self.feed_forward_norm.forward(x.clone());
        probe.observe("feed_forward_norm", &normed);
        let mut branch = Scope::new(probe, "feed_forward");
        if drops(&self.dropout, &x) {
            x + self.dropout.forward(self.feed_forward.forward(normed, &mut branch))
        } else {
            self.feed_forward.forward_residual(normed, x, &mut branch)
        }
    }
}
