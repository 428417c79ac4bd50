//! Attention term by term, for what the fused operation does not do: dropout, a cache, and a probe that looks.
//!
//! Heads are `[trials, batch, n_head, time, d_head]`, with one trial in a plain model.

use burn::module::Param;
use burn::tensor::Tensor;

use super::relative::shift;
use super::{AttentionFrame, CausalAttention};
use mup_probe::Probe;

impl<const V: usize, const M: usize, const X: usize> CausalAttention<V, M, X> {
    fn trials(&self) -> usize {
        self.alpha_attention.len()
    }

    /// `[.., time, heads]` by head, a view.
    pub(super) fn heads<const D: usize>(&self, x: Tensor<D>) -> Tensor<5> {
        let (dims, trials) = (x.dims(), self.trials());
        let batch = dims[..D - 2].iter().product::<usize>() / trials;
        x.reshape([trials, batch, dims[D - 2], self.n_head, self.d_head]).swap_dims(2, 3)
    }

    /// A vector `[heads]` by head.
    fn by_head(&self, vector: &Param<Tensor<V>>) -> Tensor<5> {
        vector.val().reshape([self.trials(), 1, self.n_head, 1, self.d_head])
    }

    pub(super) fn scaled(&self, keys: Tensor<5>) -> Tensor<5> {
        keys * self.scale().reshape([self.trials(), 1, 1, 1, self.d_head])
    }

    /// Scaled relative keys `[trials, 1, n_head, distances, d_head]`.
    pub(super) fn relative_keys<P: Probe>(&self, frame: &AttentionFrame<M>, probe: &mut P) -> Option<Tensor<5>> {
        let relative = self.relative_key.as_ref()?.forward(frame.sinusoids());
        if P::ENABLED {
            let distances = relative.dims()[M - 2];
            probe.observe("relative_key", &relative.clone().narrow(M - 2, 1, distances - 1));
        }
        Some(self.scaled(self.heads(relative)))
    }

    pub(super) fn mix<P: Probe>(
        &self,
        query: Tensor<X>,
        keys: Tensor<5>,
        values: Tensor<5>,
        relative_keys: Option<Tensor<5>>,
        frame: &AttentionFrame<M>,
        probe: &mut P,
    ) -> Tensor<X> {
        let dims = query.dims();
        let query = self.heads(query);
        if P::ENABLED {
            self.observe_terms(&query, &keys, relative_keys.as_ref(), probe);
        }
        let mut logits = self.with_bias(query.clone(), self.content_bias.as_ref()).matmul(keys.transpose());
        if let Some(relative_keys) = relative_keys {
            let by_distance = self.with_bias(query, self.position_bias.as_ref()).matmul(relative_keys.transpose());
            logits = logits + shift(by_distance);
        }
        observe_by_head("logits", &logits, probe);
        let mixed = self.weigh(frame.masked(logits), values).swap_dims(2, 3).reshape(dims);
        let (weight, bias) = self.output.closing(self.branch_factor.as_ref());
        let output = mup_kernels::linear(mixed, weight, bias);
        probe.observe("output", &output);
        output
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
        self.dropout.forward(weights).matmul(values) / sum
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
        observe_by_head("content_content", &query.clone().matmul(keys.clone().transpose()), probe);
        let by_distance = query.clone().matmul(relative_keys.clone().transpose());
        observe_by_head("content_position", &shift(by_distance), probe);
        if let (Some(content), Some(position)) = (&self.content_bias, &self.position_bias) {
            observe_by_head("bias_content", &self.by_head(content).matmul(keys.clone().transpose()), probe);
            let relative_keys = relative_keys.clone().narrow(3, 1, distances - 1);
            observe_by_head("bias_position", &self.by_head(position).matmul(relative_keys.transpose()), probe);
        }
    }
}

/// As `[batch, n_head, queries, keys]`, the trials of a stack one after the other.
fn observe_by_head<P: Probe>(name: &str, logits: &Tensor<5>, probe: &mut P) {
    if P::ENABLED {
        probe.observe_logits(name, &logits.clone().flatten::<4>(0, 1));
    }
}
