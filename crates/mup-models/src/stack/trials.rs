//! From the parameters of K trials to one with a leading trial dimension, and numbers of which each trial has its own.

use burn::module::{Module, Param, ParamId};
use burn::nn::{Embedding, Linear};
use burn::tensor::Tensor;
use mup_kernels::kept_numbers;

/// The same part of every trial's module.
pub(super) fn each<'a, M, P>(modules: &[&'a M], part: impl Fn(&'a M) -> &'a P) -> Vec<&'a P> {
    modules.iter().map(|module| part(module)).collect()
}

/// The same part of every trial's module, where they have it.
pub(super) fn each_optional<'a, M, P>(modules: &[&'a M], part: impl Fn(&'a M) -> Option<&'a P>) -> Option<Vec<&'a P>> {
    modules.iter().map(|module| part(module)).collect()
}

/// K parameters `[..]` as one `[K, ..]`, trained if they are.
pub(super) fn stack<const D: usize, const E: usize>(params: &[&Param<Tensor<D>>]) -> Param<Tensor<E>> {
    let trained = is_trained(params[0]);
    let device = params[0].lazy_device();
    let stacked: Tensor<E> = Tensor::stack(params.iter().map(|param| param.val()).collect(), 0).detach();
    let shape = stacked.shape();
    let value = move |device: &_, trained| stacked.to_device(device).detach().set_require_grad(trained);
    Param::uninitialized(ParamId::new(), value, device, trained, shape)
}

/// Whether the parameter is trained, or will be after `train()`.
pub(super) fn is_trained<const D: usize>(param: &Param<Tensor<D>>) -> bool {
    param.clone().train().is_require_grad()
}

/// `x[k] · factors[k]`, and exactly `x` when every factor is 1.
pub(super) fn multiply_each<const D: usize>(x: Tensor<D>, factors: &[f64]) -> Tensor<D> {
    #[expect(clippy::float_cmp, reason = "only the exact default may skip the multiplication")]
    if factors.iter().all(|factor| *factor == 1.0) {
        return x;
    }
    let mut dims = [1; D];
    dims[0] = factors.len();
    let factors: Tensor<D> = kept_numbers(factors, (&x.device(), x.dtype())).reshape(dims);
    x * factors
}

/// The weights and biases of K linear layers.
#[derive(Module, Debug)]
pub(super) struct LinearStack {
    /// `[trials, d_input, d_output]`.
    weight: Param<Tensor<3>>,
    /// `[trials, d_output]`.
    bias: Option<Param<Tensor<2>>>,
}

impl LinearStack {
    pub(super) fn new(layers: &[&Linear]) -> Self {
        Self {
            weight: stack(&each(layers, |layer| &layer.weight)),
            bias: each_optional(layers, |layer| layer.bias.as_ref()).map(|biases| stack(&biases)),
        }
    }

    /// As the kernels take them.
    pub(super) fn values(&self) -> (Tensor<3>, Option<Tensor<2>>) {
        (self.weight.val(), self.bias.as_ref().map(Param::val))
    }
}

/// Weights and biases of K last maps of a branch, times each trial's factor `[trials, 1]` where the branch has one.
pub(super) fn closing(linear: &LinearStack, factor: Option<&Param<Tensor<2>>>) -> (Tensor<3>, Option<Tensor<2>>) {
    let (weight, bias) = linear.values();
    match factor.map(Param::val) {
        Some(factor) => (weight * factor.clone().unsqueeze_dim(2), bias.map(|bias| bias * factor)),
        None => (weight, bias),
    }
}

/// The tables of K embeddings.
#[derive(Module, Debug)]
pub(super) struct EmbeddingStack {
    /// `[trials, n_embedding, d_model]`.
    pub(super) weight: Param<Tensor<3>>,
}

impl EmbeddingStack {
    pub(super) fn new(tables: &[&Embedding]) -> Self {
        Self { weight: stack(&each(tables, |table| &table.weight)) }
    }
}
