//! K causal attention layers.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use mup_kernels::{Relative, causal_attention, linear, linear_residual, projections};

use super::trials::{LinearStack, closing, each, each_optional, multiply_each, stack};
use crate::CausalAttention;

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
    /// `[trials, 1]`; not trained.
    branch_factor: Option<Param<Tensor<2>>>,
    n_head: usize,
    alpha_attention: Vec<f64>,
}

impl AttentionStack {
    pub(super) fn new(layers: &[&CausalAttention]) -> Self {
        let relative_key = each_optional(layers, |layer| layer.relative_key.as_ref());
        let content_bias = each_optional(layers, |layer| layer.content_bias.as_ref());
        let position_bias = each_optional(layers, |layer| layer.position_bias.as_ref());
        let branch_factor = each_optional(layers, |layer| layer.branch_factor.as_ref());
        Self {
            query: LinearStack::new(&each(layers, |layer| &layer.query)),
            key: LinearStack::new(&each(layers, |layer| &layer.key)),
            value: LinearStack::new(&each(layers, |layer| &layer.value)),
            output: LinearStack::new(&each(layers, |layer| &layer.output)),
            logit_scale: stack(&each(layers, |layer| &layer.logit_scale)),
            relative_key: relative_key.map(|layers| LinearStack::new(&layers)),
            content_bias: content_bias.map(|biases| stack(&biases)),
            position_bias: position_bias.map(|biases| stack(&biases)),
            branch_factor: branch_factor.map(|factors| stack(&factors)),
            n_head: layers[0].n_head,
            alpha_attention: layers.iter().map(|layer| layer.alpha_attention).collect(),
        }
    }

    /// The layer's output, added to the residual stream; `[trials, batch, time, d_model]`, with sinusoids
    /// `[trials, time + 1, d_model]` for relative positions.
    pub(super) fn forward_residual(
        &self,
        x: Tensor<4>,
        sinusoids: Option<&Tensor<3>>,
        residual: Tensor<4>,
    ) -> Tensor<4> {
        let qkv = projections(x, [&self.query, &self.key, &self.value].map(LinearStack::values));
        let scale = multiply_each(self.logit_scale.val(), &self.alpha_attention);
        let relative = sinusoids.and_then(|sinusoids| self.relative(sinusoids.clone()));
        let mixed = causal_attention(qkv, scale, relative, self.n_head);
        let (weight, bias) = closing(&self.output, self.branch_factor.as_ref());
        linear_residual(mixed, weight, bias, residual)
    }

    fn relative(&self, sinusoids: Tensor<3>) -> Option<Relative<3, 2>> {
        let (project, u, v) = (self.relative_key.as_ref()?, self.content_bias.as_ref()?, self.position_bias.as_ref()?);
        let (weight, bias) = project.values();
        Some(Relative { keys: linear(sinusoids, weight, bias), content_bias: u.val(), position_bias: v.val() })
    }
}
