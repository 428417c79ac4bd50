//! One decoder block.

use burn::module::Module;
use burn::nn::Dropout;
use burn::tensor::Tensor;

use crate::layers::{LayerCache, drops};
use crate::{AttentionFrame, CausalAttention, Experts, FeedForward, Norm};
use mup_probe::{NoProbe, Probe, Scope};

/// x + attention(norm(x)), then x + `feed_forward(norm(x))`; or, without a second norm, both branches of the same norm(x).
///
/// `V`, `M` and `X` are the ranks of its vectors, matrices and activations: 1, 2 and 3, or one more in a stack of trials.
#[derive(Module, Debug)]
pub struct Block<const V: usize = 1, const M: usize = 2, const X: usize = 3> {
    /// Before the attention.
    pub attention_norm: Norm<V>,
    /// First branch.
    pub attention: CausalAttention<V, M, X>,
    /// Before the feed-forward branch, unless branches are parallel.
    pub feed_forward_norm: Option<Norm<V>>,
    /// Second branch, unless it is a mixture of experts.
    pub feed_forward: Option<FeedForward<V, M>>,
    /// Second branch, if it is a mixture of experts.
    pub experts: Option<Experts<V, M, X>>,
    pub(super) dropout: Dropout,
}

impl<const V: usize, const M: usize, const X: usize> Block<V, M, X> {
    pub(super) fn forward<P: Probe>(
        &self,
        x: Tensor<X>,
        frame: &AttentionFrame<M>,
        balance: &mut Vec<Tensor<1>>,
        scope: &mut Scope<'_, P>,
    ) -> Tensor<X> {
        let normed = self.attention_norm.forward(x.clone());
        scope.observe("attention_norm", &normed);
        let mut attention = Scope::new(scope, "attention");
        let x = if drops(&self.dropout, &x) {
            x + self.dropout.forward(self.attention.forward_probed(normed.clone(), frame, &mut attention))
        } else {
            self.attention.forward_residual(normed.clone(), frame, x, &mut attention)
        };
        let x = self.second(x, normed, balance, scope);
        scope.observe_own_stream(&x);
        x
    }

    pub(super) fn forward_cached(&self, x: Tensor<X>, frame: &AttentionFrame<M>, cache: &mut LayerCache) -> Tensor<X> {
        let normed = self.attention_norm.forward(x.clone());
        let branch = self.attention.forward_cached(normed.clone(), frame, cache);
        self.second(x + self.dropout.forward(branch), normed, &mut Vec::new(), &mut NoProbe)
    }

    /// The second branch, added to the stream; `normed` is what the first one read.
    fn second(
        &self,
        x: Tensor<X>,
        normed: Tensor<X>,
        balance: &mut Vec<Tensor<1>>,
        probe: &mut impl Probe,
    ) -> Tensor<X> {
        let normed = match &self.feed_forward_norm {
            Some(norm) => {
                let normed = norm.forward(x.clone());
                probe.observe("feed_forward_norm", &normed);
                normed
            }
            None => normed,
        };
        match (&self.feed_forward, &self.experts) {
            (Some(feed_forward), _) => self.dense(feed_forward, x, normed, probe),
            (None, Some(experts)) => {
                let (output, of_branch) = experts.forward(normed, &mut Scope::new(probe, "experts"));
                balance.extend(of_branch);
                x + self.dropout.forward(output)
            }
            (None, None) => unreachable!("a block is built with one of the two"),
        }
    }

    fn dense(&self, branch: &FeedForward<V, M>, x: Tensor<X>, normed: Tensor<X>, probe: &mut impl Probe) -> Tensor<X> {
        let mut scope = Scope::new(probe, "feed_forward");
        if drops(&self.dropout, &x) {
            x + self.dropout.forward(branch.forward(normed, &mut scope))
        } else {
            branch.forward_residual(normed, x, &mut scope)
        }
    }
}
