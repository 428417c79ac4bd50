//! K causal attention layers.

use burn::module::{Module, Param};
use burn::nn::Dropout;
use burn::tensor::Tensor;

use super::linear::LinearStack;
use super::trials::{each, each_optional, multiply_each, stack};
use crate::layers::shift;
use crate::{AttentionFrame, CausalAttention};

/// [`CausalAttention`] for every trial.
#[derive(Module, Debug)]
pub(super) struct AttentionStack {
    query: LinearStack,
    key: LinearStack,
    value: LinearStack,
    output: LinearStack,
    /// `[trials, d_head]`; not trained.
    logit_scale: Param<Tensor<2>>,
    relative_key: Option<LinearStack>,
    /// `[trials, heads]`.
    content_bias: Option<Param<Tensor<2>>>,
    /// `[trials, heads]`.
    position_bias: Option<Param<Tensor<2>>>,
    dropout: Dropout,
    n_head: usize,
    d_head: usize,
    alpha_attention: Vec<f64>,
}

impl AttentionStack {
    pub(super) fn new(layers: &[&CausalAttention]) -> Self {
        let first = layers[0];
        Self {
            query: LinearStack::new(&each(layers, |layer| &layer.query)),
            key: LinearStack::new(&each(layers, |layer| &layer.key)),
            value: LinearStack::new(&each(layers, |layer| &layer.value)),
            output: LinearStack::new(&each(layers, |layer| &layer.output)),
            logit_scale: stack(&each(layers, |layer| &layer.logit_scale)),
            relative_key: each_optional(layers, |layer| layer.relative_key.as_ref())
                .map(|layers| LinearStack::new(&layers)),
            content_bias: each_optional(layers, |layer| layer.content_bias.as_ref()).map(|biases| stack(&biases)),
            position_bias: each_optional(layers, |layer| layer.position_bias.as_ref()).map(|biases| stack(&biases)),
            dropout: first.dropout.clone(),
            n_head: first.n_head,
            d_head: first.d_head,
            alpha_attention: layers.iter().map(|layer| layer.alpha_attention).collect(),
        }
    }

    /// `[trials, batch · time, d_model]` to the same shape. The sinusoids of the frame are not multiplied by an α:
    /// `alpha_relative` has each trial's.
    pub(super) fn forward(&self, x: Tensor<3>, frame: &AttentionFrame, alpha_relative: &[f64]) -> Tensor<3> {
        let time = frame.queries();
        let scale = self.scale();
        let query = self.query.forward(x.clone());
        let keys = self.split(self.key.forward(x.clone()) * scale.clone(), time);
        let values = self.split(self.value.forward(x), time);
        let content = with_bias(query.clone(), self.content_bias.as_ref());
        let mut logits = self.split(content, time).matmul(keys.transpose());
        if let Some(sinusoids) = frame.sinusoids() {
            let relative_keys = self.relative_keys(sinusoids, multiply_each(scale, alpha_relative));
            let position = self.split(with_bias(query, self.position_bias.as_ref()), time);
            logits = logits + by_key(position, relative_keys);
        }
        self.output.forward(merge(self.weigh(logits + frame.mask().unsqueeze(), values)))
    }

    /// α_attention · s, `[trials, 1, heads]`.
    fn scale(&self) -> Tensor<3> {
        let scale = multiply_each(self.logit_scale.val(), &self.alpha_attention);
        scale.repeat_dim(1, self.n_head).unsqueeze_dim(1)
    }

    /// `[trials, batch · time, heads]` to `[trials, n_head, batch, time, d_head]`, a view.
    fn split(&self, x: Tensor<3>, time: usize) -> Tensor<5> {
        let [trials, rows, _] = x.dims();
        x.reshape([trials, rows / time, time, self.n_head, self.d_head]).permute([0, 3, 1, 2, 4])
    }

    /// Relative keys `[trials, n_head, distances, d_head]`, scaled.
    fn relative_keys(&self, sinusoids: &Tensor<2>, scale: Tensor<3>) -> Tensor<4> {
        let project = self.relative_key.as_ref().expect("layers with relative positions have relative keys");
        let keys = project.forward(sinusoids.clone().unsqueeze()) * scale;
        let [trials, distances, _] = keys.dims();
        keys.reshape([trials, distances, self.n_head, self.d_head]).swap_dims(1, 2)
    }

    /// Softmax of the logits, dropout, times the values, divided last as in [`CausalAttention`].
    fn weigh(&self, logits: Tensor<5>, values: Tensor<5>) -> Tensor<5> {
        let max = logits.clone().detach().max_dim(4);
        let weights = (logits - max).exp();
        let sum = weights.clone().sum_dim(4);
        self.dropout.forward(weights).matmul(values) / sum
    }
}

/// The inverse of [`AttentionStack::split`].
fn merge(x: Tensor<5>) -> Tensor<3> {
    let [trials, n_head, batch, time, d_head] = x.dims();
    x.permute([0, 2, 3, 1, 4]).reshape([trials, batch * time, n_head * d_head])
}

fn with_bias(query: Tensor<3>, bias: Option<&Param<Tensor<2>>>) -> Tensor<3> {
    match bias {
        Some(bias) => query + bias.val().unsqueeze_dim(1),
        None => query,
    }
}

/// Queries `[trials, n_head, batch, time, d_head]` times relative keys `[trials, n_head, distances, d_head]`, by key:
/// one product for the whole batch, since all its sequences have the same distances.
fn by_key(query: Tensor<5>, relative_keys: Tensor<4>) -> Tensor<5> {
    let [trials, n_head, batch, time, d_head] = query.dims();
    let distances = relative_keys.dims()[2];
    let query = query.reshape([trials, n_head, batch * time, d_head]);
    let by_distance = query.matmul(relative_keys.transpose());
    shift(by_distance.reshape([trials * n_head, batch, time, distances])).reshape([trials, n_head, batch, time, time])
}
