//! The fused operations for tensors in the processor's memory: they become slices and back.

use core::ops::{Deref, DerefMut};

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::DType;

use super::{Attention, Fused, Layer};
use crate::slices::real::Real;
use crate::slices::{attention, cross_entropy, embedding, layer_norm, linear};

/// Evaluates the expression with `$real` being the tensor's element type.
macro_rules! by_dtype {
    ($tensor:expr, $real:ident => $body:expr) => {
        match $tensor.dtype() {
            DType::F32 => {
                type $real = f32;
                $body
            }
            DType::F64 => {
                type $real = f64;
                $body
            }
            other => unreachable!("fused operations are not chosen for {other:?}"),
        }
    };
}

/// A backend whose tensors the processor can read and write.
pub(crate) trait Host: Backend {
    /// Memory for a tensor that is being computed.
    type Room<R: Real>: Deref<Target = [R]> + DerefMut + Send;

    /// The same elements in order, without gaps, from the beginning of the memory.
    fn ordered(tensor: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The elements of an ordered tensor.
    fn read<R: Real>(ordered: &FloatTensor<Self>) -> &[R];

    /// The elements of an ordered tensor, which is copied first if somebody else holds it.
    fn write<R: Real>(ordered: &mut FloatTensor<Self>) -> &mut [R];

    /// Room for a tensor; what is in it is not specified.
    fn room<R: Real>(dims: &[usize]) -> Self::Room<R>;

    fn tensor<R: Real>(room: Self::Room<R>, dims: &[usize]) -> FloatTensor<Self>;

    fn integers(tensor: IntTensor<Self>) -> Vec<i64>;
}

/// The elements of a tensor in order; copies if they are not.
struct Elements<B: Host, R> {
    ordered: FloatTensor<B>,
    real: core::marker::PhantomData<R>,
}

impl<B: Host, R: Real> Elements<B, R> {
    fn of(tensor: &FloatTensor<B>) -> Self {
        Self { ordered: B::ordered(tensor.clone()), real: core::marker::PhantomData }
    }

    fn get(&self) -> &[R] {
        B::read(&self.ordered)
    }

    /// `None` for a tensor that stands for an absent one.
    fn present(&self) -> Option<&[R]> {
        Some(self.get()).filter(|slice| !slice.is_empty())
    }
}

/// A tensor of the given shape, while it is computed.
struct Output<B: Host, R: Real> {
    room: B::Room<R>,
    dims: Vec<usize>,
}

impl<B: Host, R: Real> Output<B, R> {
    /// With unspecified contents.
    fn new(dims: impl Into<Vec<usize>>) -> Self {
        let dims = dims.into();
        Self { room: B::room(&dims), dims }
    }

    fn zeros(dims: impl Into<Vec<usize>>) -> Self {
        let mut output = Self::new(dims);
        output.room.fill(R::ZERO);
        output
    }

    fn tensor(self) -> FloatTensor<B> {
        B::tensor(self.room, &self.dims)
    }
}

fn dims<T: TensorMetadata>(tensor: &T) -> Vec<usize> {
    tensor.shape().to_vec()
}

/// # Panics
///
/// Panics, naming the operation, if a parameter has not the shape that the input asks for.
fn check(operation: &str, what: &str, given: &[usize], wanted: &[usize]) {
    let (given_size, wanted_size): (usize, usize) = (given.iter().product(), wanted.iter().product());
    let last = given.last() == wanted.last();
    assert!(given_size == wanted_size && last, "{operation}: {what} is {given:?}, but the input asks for {wanted:?}");
}

fn last(dims: &[usize]) -> usize {
    dims.last().copied().expect("a tensor with axes")
}

/// Indices below `bound`.
///
/// # Panics
///
/// Panics, naming the index, if one is not.
fn indices<B: Host>(tensor: IntTensor<B>, bound: usize, what: &str) -> Vec<usize> {
    let check = |index: i64| match usize::try_from(index) {
        Ok(index) if index < bound => index,
        _ => panic!("{what}: index {index}, but there are {bound}"),
    };
    B::integers(tensor).into_iter().map(check).collect()
}

/// Groups, rows of a group, and width of `[groups, .., width]`, where a parameter with `axes` axes has no group axis.
fn rows(x: &[usize], parameter: &[usize], axes: usize) -> (usize, usize, usize) {
    let groups = if parameter.len() > axes { parameter[0] } else { 1 };
    let width = last(x);
    let rows = x[..x.len() - 1].iter().product::<usize>();
    assert!(groups == 1 || x[0] == groups, "inputs and parameters have the same number of groups");
    (groups, rows / groups.max(1), width)
}

impl<B: Host> Fused for B {
    fn layer_norm_forward(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> [FloatTensor<Self>; 2] {
        by_dtype!(x, R => {
            let (groups, rows, width) = rows(&dims(&x), &dims(&gamma), 1);
            let shape = layer_norm::Shape { rows, width };
            check("layer_norm", "γ", &dims(&gamma), &[groups, width]);
            check("layer_norm", "β", &dims(&beta), &[groups, width]);
            let (mut y, mut statistics) = (Output::<B, R>::new(dims(&x)), Output::<B, R>::new([groups, rows, 2]));
            let [x_, gamma, beta] = [&x, &gamma, &beta].map(Elements::<B, R>::of);
            layer_norm::forward(shape, x_.get(), gamma.get(), beta.get(), epsilon, &mut y.room, &mut statistics.room);
            [y.tensor(), statistics.tensor()]
        })
    }

    fn layer_norm_backward(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3] {
        by_dtype!(x, R => {
            let (_, rows, width) = rows(&dims(&x), &dims(&gamma), 1);
            let shape = layer_norm::Shape { rows, width };
            let mut dx = Output::<B, R>::new(dims(&x));
            let [mut dgamma, mut dbeta] = [(); 2].map(|()| Output::<B, R>::zeros(dims(&gamma)));
            let [gradient, x_, gamma_, statistics] = [&gradient, &x, &gamma, &statistics].map(Elements::<B, R>::of);
            let saved = layer_norm::Saved { x: x_.get(), gamma: gamma_.get(), statistics: statistics.get() };
            layer_norm::backward(shape, saved, gradient.get(), &mut dx.room, &mut dgamma.room, &mut dbeta.room);
            [dx.tensor(), dgamma.tensor(), dbeta.tensor()]
        })
    }

    fn linear_forward(
        x: FloatTensor<Self>,
        layers: Vec<Layer<Self>>,
        residual: FloatTensor<Self>,
        gelu: bool,
    ) -> [FloatTensor<Self>; 2] {
        by_dtype!(x, R => {
            let (groups, rows, input) = rows(&dims(&x), &dims(&layers[0].weight), 2);
            let shape = linear::Shape { groups, rows, input };
            check_layers(&layers, groups, input);
            let parameters = Parameters::<B, R>::of(&layers);
            let layers = parameters.layers();
            let mut axes = dims(&x);
            *axes.last_mut().expect("a tensor with axes") = linear::width(&layers);
            let mut y = Output::<B, R>::new(axes.clone());
            let mut activated = Output::<B, R>::new(if gelu { axes.clone() } else { vec![0] });
            let [x, residual_] = [&x, &residual].map(Elements::<B, R>::of);
            if residual_.present().is_some() {
                check("linear", "the residual", &dims(&residual), &axes);
            }
            let target = gelu.then_some(&mut activated.room[..]);
            linear::forward(shape, x.get(), &layers, residual_.present(), &mut y.room, target);
            let [y, activated] = [y, activated].map(Output::tensor);
            if gelu { [activated, y] } else { [y, activated] }
        })
    }

    fn linear_backward(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        layers: Vec<Layer<Self>>,
        before: FloatTensor<Self>,
        wants_x: bool,
    ) -> (Option<FloatTensor<Self>>, Vec<Layer<Self>>) {
        by_dtype!(x, R => {
            let (groups, rows, input) = rows(&dims(&x), &dims(&layers[0].weight), 2);
            let shape = linear::Shape { groups, rows, input };
            let parameters = Parameters::<B, R>::of(&layers);
            let gradients = |layer: &Layer<B>| [Output::new(dims(&layer.weight)), Output::zeros(dims(&layer.bias))];
            let mut gradients: Vec<[Output<B, R>; 2]> = layers.iter().map(gradients).collect();
            let mut dx = wants_x.then(|| Output::<B, R>::new(dims(&x)));
            let [x_, before] = [&x, &before].map(Elements::<B, R>::of);
            let gradient = through_gelu::<B, R>(gradient, before.present());
            let mut targets: Vec<_> = gradients.iter_mut().map(|[weight, bias]| linear::Gradient {
                weight: &mut weight.room,
                bias: Some(&mut bias.room[..]).filter(|bias| !bias.is_empty()),
            }).collect();
            linear::backward(shape, x_.get(), &parameters.layers(), gradient.get(), dx.as_mut().map(|dx| &mut dx.room[..]), &mut targets);
            let parameters = gradients.into_iter().map(|[weight, bias]| Layer { weight: weight.tensor(), bias: bias.tensor() });
            (dx.map(Output::tensor), parameters.collect())
        })
    }

    fn attention_forward(inputs: Attention<Self>) -> [FloatTensor<Self>; 2] {
        by_dtype!(inputs.qkv, R => {
            let (shape, mut axes) = attention_shape(&inputs);
            let count = axes.iter().product::<usize>() / 3;
            *axes.last_mut().expect("a tensor with axes") /= 3;
            let mut output = Output::<B, R>::new(axes);
            let heads = count / (shape.time * shape.width).max(1);
            let mut weights = Output::<B, R>::new([heads * shape.weights()]);
            let elements = AttentionElements::<B, R>::of(&inputs);
            attention::forward(shape, elements.get(), &mut output.room, &mut weights.room);
            [output.tensor(), weights.tensor()]
        })
    }

    fn attention_backward(
        gradient: FloatTensor<Self>,
        inputs: Attention<Self>,
        weights: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 4] {
        by_dtype!(inputs.qkv, R => {
            let (shape, _) = attention_shape(&inputs);
            let mut qkv = Output::<B, R>::new(dims(&inputs.qkv));
            let [mut relative, mut content_bias, mut position_bias] =
                [&inputs.relative, &inputs.content_bias, &inputs.position_bias].map(|like| Output::<B, R>::zeros(dims(like)));
            let [gradient, weights] = [&gradient, &weights].map(Elements::<B, R>::of);
            let mut gradients = attention::Gradients {
                qkv: &mut qkv.room,
                relative: &mut relative.room,
                content_bias: &mut content_bias.room,
                position_bias: &mut position_bias.room,
            };
            let elements = AttentionElements::<B, R>::of(&inputs);
            attention::backward(shape, elements.get(), weights.get(), gradient.get(), &mut gradients);
            [qkv, relative, content_bias, position_bias].map(Output::tensor)
        })
    }

    fn cross_entropy_forward(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> [FloatTensor<Self>; 2] {
        by_dtype!(logits, R => {
            let shape = cross_entropy_shape(&dims(&logits));
            let targets = indices::<B>(targets, shape.classes, "cross_entropy, classes");
            let mut log_sums = Output::<B, R>::new([shape.groups, shape.rows]);
            let mut losses = Output::<B, R>::new([shape.groups]);
            let logits = Elements::<B, R>::of(&logits);
            losses.room.copy_from_slice(&cross_entropy::forward(shape, logits.get(), &targets, &mut log_sums.room));
            [losses.tensor(), log_sums.tensor()]
        })
    }

    fn cross_entropy_backward(
        gradient: FloatTensor<Self>,
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        saved: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        by_dtype!(logits, R => {
            let shape = cross_entropy_shape(&dims(&logits));
            let targets = indices::<B>(targets, shape.classes, "cross_entropy, classes");
            let mut dlogits = Output::<B, R>::new(dims(&logits));
            let [gradient, logits_, saved] = [&gradient, &logits, &saved].map(Elements::<B, R>::of);
            cross_entropy::backward(shape, logits_.get(), &targets, saved.get(), gradient.get(), &mut dlogits.room);
            dlogits.tensor()
        })
    }

    fn embed_forward(table: FloatTensor<Self>, tokens: IntTensor<Self>) -> FloatTensor<Self> {
        by_dtype!(table, R => {
            let (shape, axes) = embedding_shape(&dims(&table), dims(&tokens));
            let tokens = indices::<B>(tokens, shape.entries, "embedding, entries of the table");
            let mut y = Output::<B, R>::new(axes);
            embedding::forward(shape, Elements::<B, R>::of(&table).get(), &tokens, &mut y.room);
            y.tensor()
        })
    }

    fn embed_backward(
        gradient: FloatTensor<Self>,
        table: FloatTensor<Self>,
        tokens: IntTensor<Self>,
    ) -> FloatTensor<Self> {
        by_dtype!(table, R => {
            let (shape, _) = embedding_shape(&dims(&table), dims(&tokens));
            let tokens = indices::<B>(tokens, shape.entries, "embedding, entries of the table");
            let mut target = Output::<B, R>::zeros(dims(&table));
            embedding::backward(shape, &tokens, Elements::<B, R>::of(&gradient).get(), &mut target.room);
            target.tensor()
        })
    }
}

/// The gradient of what GELU was taken of, in the gradient's own memory if nobody else uses it.
fn through_gelu<B: Host, R: Real>(gradient: FloatTensor<B>, before: Option<&[R]>) -> Elements<B, R> {
    let mut ordered = B::ordered(gradient);
    if let Some(before) = before {
        linear::through_gelu(before, B::write(&mut ordered));
    }
    Elements { ordered, real: core::marker::PhantomData }
}

fn check_layers<B: Host>(layers: &[Layer<B>], groups: usize, input: usize) {
    for layer in layers {
        let (weight, bias) = (dims(&layer.weight), dims(&layer.bias));
        let width = last(&weight);
        check("linear", "the weight", &weight, &[groups, input, width]);
        if bias.iter().product::<usize>() > 0 {
            check("linear", "the bias", &bias, &[groups, width]);
        }
    }
}

struct Parameters<B: Host, R>(Vec<(Elements<B, R>, Elements<B, R>, usize)>);

impl<B: Host, R: Real> Parameters<B, R> {
    fn of(layers: &[Layer<B>]) -> Self {
        let elements =
            |layer: &Layer<B>| (Elements::of(&layer.weight), Elements::of(&layer.bias), last(&dims(&layer.weight)));
        Self(layers.iter().map(elements).collect())
    }

    fn layers(&self) -> Vec<linear::Layer<'_, R>> {
        self.0
            .iter()
            .map(|(weight, bias, width)| linear::Layer { weight: weight.get(), bias: bias.present(), width: *width })
            .collect()
    }
}

struct AttentionElements<B: Host, R>([Elements<B, R>; 5]);

impl<B: Host, R: Real> AttentionElements<B, R> {
    fn of(inputs: &Attention<B>) -> Self {
        let Attention { qkv, scale, relative, content_bias, position_bias, .. } = inputs;
        Self([qkv, scale, relative, content_bias, position_bias].map(Elements::of))
    }

    fn get(&self) -> attention::Inputs<'_, R> {
        let [qkv, scale, relative, content_bias, position_bias] = self.0.each_ref().map(Elements::get);
        attention::Inputs { qkv, scale, relative, content_bias, position_bias }
    }
}

/// Sizes of an attention whose qkv is `[groups, batch, time, 3 · heads · width]`, or without the first axis for one group.
fn attention_shape<B: Host>(inputs: &Attention<B>) -> (attention::Shape, Vec<usize>) {
    let (axes, scale) = (dims(&inputs.qkv), dims(&inputs.scale));
    let groups = if scale.len() > 1 { scale[0] } else { 1 };
    let [time, columns] = [axes[axes.len() - 2], axes[axes.len() - 1] / 3];
    let sequences = axes[..axes.len() - 2].iter().product::<usize>();
    let width = columns / inputs.heads;
    check("causal_attention", "the last axis of qkv", &axes[axes.len() - 1..], &[3 * inputs.heads * width]);
    check("causal_attention", "the scale", &scale, &[groups, width]);
    let relative = dims(&inputs.relative);
    if relative.iter().product::<usize>() > 0 {
        check("causal_attention", "the relative keys", &relative, &[groups, time + 1, columns]);
        check("causal_attention", "the content bias", &dims(&inputs.content_bias), &[groups, columns]);
        check("causal_attention", "the position bias", &dims(&inputs.position_bias), &[groups, columns]);
    }
    (attention::Shape { batch: sequences / groups.max(1), time, heads: inputs.heads, width }, axes)
}

/// `[groups, rows, classes]`, or without the first axis for one group.
fn cross_entropy_shape(axes: &[usize]) -> cross_entropy::Shape {
    let [rows, classes] = [axes[axes.len() - 2], axes[axes.len() - 1]];
    cross_entropy::Shape { groups: axes[..axes.len() - 2].iter().product(), rows, classes }
}

fn embedding_shape(table: &[usize], mut axes: Vec<usize>) -> (embedding::Shape, Vec<usize>) {
    let groups = if table.len() > 2 { table[0] } else { 1 };
    let [entries, width] = [table[table.len() - 2], table[table.len() - 1]];
    let rows = axes.iter().product::<usize>() / groups;
    axes.push(width);
    (embedding::Shape { rows, entries, width }, axes)
}
