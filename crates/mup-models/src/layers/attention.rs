//! Causal self-attention with the parametrization's logit scale, with or without relative positions.

mod cache;
mod config;
mod fold;
mod frame;
mod relative;
mod terms;

pub(crate) use cache::LayerCache;
pub use config::CausalAttentionConfig;
pub use frame::AttentionFrame;
use relative::sinusoids;

use burn::module::{Module, Param};
use burn::nn::Dropout;
use burn::tensor::Tensor;
use mup_kernels::{Relative, causal_attention, is_fused};

use super::{Linear, drops, multiply};
use mup_probe::{NoProbe, Probe};

/// Causal multi-head attention: logits α_attention · Σ_c s_c q_c k_c, and with relative positions
/// α_attention · Σ_c s_c [(q_i + u)_c (k_j)_c + (q_i + v)_c (r_{i−j})_c], where s is the `logit_scale`, r_d is
/// `relative_key` of the sinusoids of distance d, u the `content_bias` and v the `position_bias`.
///
/// A probe sees, scaled as they enter the logits, `logits` before masking (entries for keys after the query have no
/// meaning), and `output`; with relative positions also `relative_key`, `[distance, heads]` from the longest distance
/// to 0, and the four terms `content_content`, `content_position`, `bias_content` and `bias_position` (the latter by
/// distance, like `relative_key`). The terms are only computed for an enabled probe.
///
/// `V`, `M` and `X` are the ranks of its vectors, matrices and activations: 1, 2 and 3, or one more in a stack of trials.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Definition 4.1 (1/d attention); Transformer-XL, arXiv:1901.02860,
/// section 3.3 (the four terms).
#[derive(Module, Debug)]
pub struct CausalAttention<const V: usize = 1, const M: usize = 2, const X: usize = 3> {
    /// `d_model` to heads.
    pub query: Linear<V, M>,
    /// `d_model` to heads, without bias: softmax ignores it.
    pub key: Linear<V, M>,
    /// `d_model` to heads.
    pub value: Linear<V, M>,
    /// Heads to `d_model`.
    pub output: Linear<V, M>,
    /// `[d_head]`, the factor on the logits; not trained.
    pub logit_scale: Param<Tensor<V>>,
    /// Sinusoids to heads (W_{k,R}).
    pub relative_key: Option<Linear<V, M>>,
    /// u, added to the query that meets the key.
    pub content_bias: Option<Param<Tensor<V>>>,
    /// v, added to the query that meets the relative key.
    pub position_bias: Option<Param<Tensor<V>>>,
    /// `[1]`, the factor on the output; not trained.
    pub branch_factor: Option<Param<Tensor<V>>>,
    dropout: Dropout,
    n_head: usize,
    d_head: usize,
    /// Of each trial.
    alpha_attention: Vec<f64>,
}

impl<const V: usize, const M: usize, const X: usize> CausalAttention<V, M, X> {
    /// `[batch, time, d_model]` to the same shape.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` is not `d_model`, or if the layer has relative positions and the frame has not.
    #[must_use]
    pub fn forward(&self, x: Tensor<X>, frame: &AttentionFrame<M>) -> Tensor<X> {
        self.forward_probed(x, frame, &mut NoProbe)
    }

    /// The layer's output, added to the residual stream: [`forward`](Self::forward) in four operations. What a probe sees is
    /// computed beside them, so that it changes no bit.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward).
    #[must_use]
    pub fn forward_residual<P: Probe>(
        &self,
        x: Tensor<X>,
        frame: &AttentionFrame<M>,
        residual: Tensor<X>,
        probe: &mut P,
    ) -> Tensor<X> {
        if !is_fused(&x) || drops(&self.dropout, &x) {
            return residual + self.forward_probed(x, frame, probe);
        }
        if P::ENABLED {
            let _ = self.forward_probed(x.clone(), frame, probe);
        }
        let qkv = mup_kernels::projections(x, [&self.query, &self.key, &self.value].map(Linear::values));
        let mixed = causal_attention(qkv, self.scale(), self.relative(frame), self.n_head);
        let (weight, bias) = self.output.closing(self.branch_factor.as_ref());
        mup_kernels::linear_residual(mixed, weight, bias, residual)
    }

    /// α_attention · s, `[d_head]`.
    fn scale(&self) -> Tensor<V> {
        multiply(self.logit_scale.val(), &self.alpha_attention)
    }

    fn relative(&self, frame: &AttentionFrame<M>) -> Option<Relative<M, V>> {
        let (project, u, v) = (self.relative_key.as_ref()?, self.content_bias.as_ref()?, self.position_bias.as_ref()?);
        Some(Relative { keys: project.forward(frame.sinusoids()), content_bias: u.val(), position_bias: v.val() })
    }

    /// [`forward`](Self::forward), reporting activations.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward).
    #[must_use]
    pub fn forward_probed<P: Probe>(&self, x: Tensor<X>, frame: &AttentionFrame<M>, probe: &mut P) -> Tensor<X> {
        let query = self.query.forward(x.clone());
        let keys = self.scaled(self.heads(self.key.forward(x.clone())));
        let values = self.heads(self.value.forward(x));
        let relative_keys = self.relative_keys(frame, probe);
        self.mix(query, keys, values, relative_keys, frame, probe)
    }

    /// The forward pass for new positions after those in the cache.
    pub(crate) fn forward_cached(&self, x: Tensor<X>, frame: &AttentionFrame<M>, cache: &mut LayerCache) -> Tensor<X> {
        let query = self.query.forward(x.clone());
        let new_keys = self.scaled(self.heads(self.key.forward(x.clone())));
        let [keys, values] = cache.with([new_keys, self.heads(self.value.forward(x))]);
        let relative_keys = cache.relative_keys(keys.dims()[3] + 1);
        self.mix(query, keys, values, relative_keys, frame, &mut NoProbe)
    }

    /// An empty cache, with the relative keys of all distances up to `context`.
    pub(crate) fn cache(&self, frame: &AttentionFrame<M>) -> LayerCache {
        LayerCache::new(self.relative_keys(frame, &mut NoProbe))
    }
}
