//! Causal self-attention with the parametrization's logit scale: grouped heads, windows, relative or rotary positions.

mod cache;
mod config;
mod fold;
mod frame;
mod relative;
mod rotary;
mod terms;

pub(crate) use cache::LayerCache;
pub use config::{CausalAttentionConfig, Positions};
pub use frame::AttentionFrame;
use relative::sinusoids;
pub use rotary::{RotaryPositions, RotaryScaling};

use burn::module::{Module, Param};
use burn::nn::Dropout;
use burn::tensor::Tensor;
use mup_kernels::{Heads, Relative, Rotary, causal_attention, is_fused, qk_norm};

use super::{Closing, Linear, Norm, RmsNorm, drops, multiply};
use mup_probe::{NoProbe, Probe};

/// Causal multi-head attention: logits α_attention · Σ_c s_c q_c k_c, and with relative positions
/// α_attention · Σ_c s_c [(q_i + u)_c (k_j)_c + (q_i + v)_c (r_{i−j})_c], where s is the `logit_scale`, r_d is
/// `relative_key` of the sinusoids of distance d, u the `content_bias` and v the `position_bias`. With norms of queries and
/// keys, these come first, then rotary positions, then s.
///
/// A probe sees, scaled as they enter the logits, `logits` before masking (entries for keys that a query does not see have no
/// meaning), and `output`; with relative positions also `relative_key`, `[distance, heads]` from the longest distance
/// to 0, and the four terms `content_content`, `content_position`, `bias_content` and `bias_position` (the latter by
/// distance, like `relative_key`). The terms are only computed for an enabled probe.
///
/// `V`, `M` and `X` are the ranks of its vectors, matrices and activations: 1, 2 and 3, or one more in a stack of trials.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Definition 4.1 (1/d attention); Transformer-XL, arXiv:1901.02860,
/// section 3.3 (the four terms); Shazeer, arXiv:1911.02150, and Ainslie et al., arXiv:2305.13245 (fewer heads of keys); Su et
/// al., arXiv:2104.09864 (rotary); Henry et al., arXiv:2010.04245 (norms of queries and keys).
#[derive(Module, Debug)]
pub struct CausalAttention<const V: usize = 1, const M: usize = 2, const X: usize = 3> {
    /// `d_model` to `n_head` heads.
    pub query: Linear<V, M>,
    /// `d_model` to `n_kv_head` heads, without bias: softmax ignores it.
    pub key: Linear<V, M>,
    /// `d_model` to `n_kv_head` heads.
    pub value: Linear<V, M>,
    /// `n_head` heads to `d_model`.
    pub output: Linear<V, M>,
    /// Behind `output`, in a sandwich.
    pub output_norm: Option<Norm<V>>,
    /// Of each head of queries, `[d_head]`.
    pub query_norm: Option<RmsNorm<V>>,
    /// Of each head of keys, `[d_head]`.
    pub key_norm: Option<RmsNorm<V>>,
    /// `[d_head]`, the factor on the logits; not trained.
    pub logit_scale: Param<Tensor<V>>,
    /// Sinusoids to `n_kv_head` heads (W_{k,R}).
    pub relative_key: Option<Linear<V, M>>,
    /// u, added to the query that meets the key.
    pub content_bias: Option<Param<Tensor<V>>>,
    /// v, added to the query that meets the relative key.
    pub position_bias: Option<Param<Tensor<V>>>,
    /// `[1]`, the factor on the output; not trained.
    pub branch_factor: Option<Param<Tensor<V>>>,
    dropout: Dropout,
    #[module(skip)]
    heads: Heads,
    d_head: usize,
    #[module(skip)]
    rotary: Option<Rotary>,
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
        let qkv = match (&self.query_norm, &self.key_norm) {
            (Some(query), Some(key)) => qk_norm(qkv, query.gains(key), self.heads, query.epsilon()),
            _ => qkv,
        };
        let mixed = causal_attention(qkv, self.scale(), self.positions(frame), self.heads);
        self.closing().onto(mixed, residual)
    }

    /// α_attention · s, `[d_head]`.
    fn scale(&self) -> Tensor<V> {
        multiply(self.logit_scale.val(), &self.alpha_attention)
    }

    fn closing(&self) -> Closing<'_, V, M> {
        Closing { map: &self.output, norm: self.output_norm.as_ref(), factor: self.branch_factor.as_ref() }
    }

    fn positions(&self, frame: &AttentionFrame<M>) -> mup_kernels::Positions<M, V> {
        match &self.rotary {
            Some(rotary) => mup_kernels::Positions::Rotary(rotary.clone()),
            None => self.relative(frame).into(),
        }
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
        let [query, keys, values] = self.query_key_value(x, 0);
        let relative_keys = self.relative_keys(frame, probe);
        self.mix(query, [keys, values], relative_keys, frame, probe)
    }

    /// The forward pass for new positions after those in the cache.
    pub(crate) fn forward_cached(&self, x: Tensor<X>, frame: &AttentionFrame<M>, cache: &mut LayerCache) -> Tensor<X> {
        let [query, keys, values] = self.query_key_value(x, frame.first());
        let seen = cache.with([keys, values], self.heads.window);
        let relative_keys = cache.relative_keys(seen[0].dims()[3] + 1);
        self.mix(query, seen, relative_keys, frame, &mut NoProbe)
    }

    /// An empty cache, with the relative keys of all distances up to `context`.
    pub(crate) fn cache(&self, frame: &AttentionFrame<M>) -> LayerCache {
        LayerCache::new(self.relative_keys(frame, &mut NoProbe))
    }
}
