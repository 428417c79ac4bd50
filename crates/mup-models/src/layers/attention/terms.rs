//! Attention term by term, for what the fused operation does not do: dropout, a cache, and a probe that looks.
//!
//! Heads are `[trials, batch, heads, time, d_head]`, with one trial in a plain model.

use burn::module::Param;
use burn::tensor::Tensor;
use mup_kernels::rotary;

use super::super::{Linear, RmsNorm};
use super::relative::shift;
use super::{AttentionFrame, CausalAttention};
use mup_probe::Probe;

impl<const V: usize, const M: usize, const X: usize> CausalAttention<V, M, X> {
    fn trials(&self) -> usize {
        self.alpha_attention.len()
    }

    /// Queries, keys (scaled) and values of positions from `first` on.
    pub(super) fn query_key_value(&self, x: Tensor<X>, first: usize) -> [Tensor<5>; 3] {
        let values = self.heads(self.value.forward(x.clone()), self.heads.keys);
        let query = self.placed(&self.query, self.query_norm.as_ref(), x.clone(), first, self.heads.queries);
        let keys = self.placed(&self.key, self.key_norm.as_ref(), x, first, self.heads.keys);
        [query, self.scaled(keys), values]
    }

    /// Queries or keys, normalized and turned where the layer does so.
    fn placed(
        &self,
        project: &Linear<V, M>,
        norm: Option<&RmsNorm<V>>,
        x: Tensor<X>,
        first: usize,
        heads: usize,
    ) -> Tensor<5> {
        let x = self.by_time(project.forward(x), heads);
        let x = match norm {
            Some(norm) => norm.forward(x),
            None => x,
        };
        match &self.rotary {
            Some(positions) => rotary(x, positions, first),
            None => x,
        }
        .swap_dims(2, 3)
    }

    /// `[.., time, heads]` as `[trials, batch, time, heads, d_head]`.
    fn by_time<const D: usize>(&self, x: Tensor<D>, heads: usize) -> Tensor<5> {
        let (dims, trials) = (x.dims(), self.trials());
        let batch = dims[..D - 2].iter().product::<usize>() / trials;
        x.reshape([trials, batch, dims[D - 2], heads, self.d_head])
    }

    fn heads<const D: usize>(&self, x: Tensor<D>, heads: usize) -> Tensor<5> {
        self.by_time(x, heads).swap_dims(2, 3)
    }

    /// A vector `[heads]` by head.
    fn by_head(&self, vector: &Param<Tensor<V>>) -> Tensor<5> {
        vector.val().reshape([self.trials(), 1, self.heads.queries, 1, self.d_head])
    }

    fn scaled(&self, keys: Tensor<5>) -> Tensor<5> {
        keys * self.scale().reshape([self.trials(), 1, 1, 1, self.d_head])
    }

    /// Scaled relative keys `[trials, 1, heads, distances, d_head]`.
    pub(super) fn relative_keys<P: Probe>(&self, frame: &AttentionFrame<M>, probe: &mut P) -> Option<Tensor<5>> {
        let relative = self.relative_key.as_ref()?.forward(frame.sinusoids());
        if P::ENABLED {
            let distances = relative.dims()[M - 2];
            probe.observe("relative_key", &relative.clone().narrow(M - 2, 1, distances - 1));
        }
        Some(self.scaled(self.heads(relative, self.heads.keys)))
    }

    pub(super) fn mix<P: Probe>(
        &self,
        query: Tensor<5>,
        [keys, values]: [Tensor<5>; 2],
        relative_keys: Option<Tensor<5>>,
        frame: &AttentionFrame<M>,
        probe: &mut P,
    ) -> Tensor<X> {
        if P::ENABLED {
            self.observe_terms(&query, &keys, relative_keys.as_ref(), probe);
        }
        let mut logits = products(self.with_bias(query.clone(), self.content_bias.as_ref()), keys.transpose());
        if let Some(relative_keys) = relative_keys {
            let query = self.with_bias(query, self.position_bias.as_ref());
            logits = logits + shift(products(query, relative_keys.transpose()));
        }
        observe_by_head("logits", &logits, probe);
        let mixed = self.weigh(frame.masked(logits, self.heads.window), values);
        let output = self.closing().forward(self.merged(mixed));
        probe.observe("output", &output);
        output
    }

    /// Heads side by side, `[.., batch, time, heads]`.
    fn merged(&self, mixed: Tensor<5>) -> Tensor<X> {
        let [trials, batch, heads, time, d_head] = mixed.dims();
        let mut dims = [trials; X];
        (dims[X - 3], dims[X - 2], dims[X - 1]) = (batch, time, heads * d_head);
        mixed.swap_dims(2, 3).reshape(dims)
    }

    fn with_bias(&self, query: Tensor<5>, bias: Option<&Param<Tensor<V>>>) -> Tensor<5> {
        match bias {
            Some(bias) => query + self.by_head(bias),
            None => query,
        }
    }

    /// Softmax of the logits, dropout, times the values. The division by the sum is linear and comes last, on
    /// `[queries, d_head]` instead of `[queries, keys]`, which saves autodiff several passes over the logits.
    fn weigh(&self, logits: Tensor<5>, values: Tensor<5>) -> Tensor<5> {
        let max = logits.clone().detach().max_dim(4);
        let weights = (logits - max).exp();
        let sum = weights.clone().sum_dim(4);
        products(self.dropout.forward(weights), values) / sum
    }

    fn observe_terms<P: Probe>(
        &self,
        query: &Tensor<5>,
        keys: &Tensor<5>,
        relative_keys: Option<&Tensor<5>>,
        probe: &mut P,
    ) {
        let Some(relative_keys) = relative_keys else { return };
        let distances = relative_keys.dims()[3];
        observe_by_head("content_content", &products(query.clone(), keys.clone().transpose()), probe);
        let by_distance = products(query.clone(), relative_keys.clone().transpose());
        observe_by_head("content_position", &shift(by_distance), probe);
        if let (Some(content), Some(position)) = (&self.content_bias, &self.position_bias) {
            observe_by_head("bias_content", &products(self.by_head(content), keys.clone().transpose()), probe);
            let relative_keys = relative_keys.clone().narrow(3, 1, distances - 1);
            observe_by_head("bias_position", &products(self.by_head(position), relative_keys.transpose()), probe);
        }
    }
}

/// Products of rows of heads of queries, `[trials, batch or 1, queries, rows, n]`, with columns of heads of keys or values,
/// `[trials, batch or 1, keys, n, columns]`, each of which belongs to `queries / keys` heads that follow each other.
fn products(queries: Tensor<5>, keys: Tensor<5>) -> Tensor<5> {
    let ([trials, batch, heads, rows, n], [_, other_batch, shared, _, columns]) = (queries.dims(), keys.dims());
    if shared == heads {
        return queries.matmul(keys);
    }
    let queries: Tensor<5> = queries.reshape([trials, batch, shared, heads / shared * rows, n]);
    queries.matmul(keys).reshape([trials, batch.max(other_batch), heads, rows, columns])
}

/// As `[batch, heads, queries, keys]`, the trials of a stack one after the other.
fn observe_by_head<P: Probe>(name: &str, logits: &Tensor<5>, probe: &mut P) {
    if P::ENABLED {
        probe.observe_logits(name, &logits.clone().flatten::<4>(0, 1));
    }
}
