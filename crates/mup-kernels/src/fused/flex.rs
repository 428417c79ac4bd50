//! The fused operations on flex: tensors become slices and back.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::{DType, TensorData};

use super::{Attention, Fused, Layer};
use crate::pool::{Buffer, room, zeros};
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

/// The elements in order; copies if they are not.
struct Elements<R> {
    tensor: FlexTensor,
    real: core::marker::PhantomData<R>,
}

impl<R: Real> Elements<R> {
    fn of(tensor: &FlexTensor) -> Self {
        Self { tensor: tensor.to_contiguous(), real: core::marker::PhantomData }
    }

    fn get(&self) -> &[R] {
        self.tensor.as_slice().expect("contiguous, and of the type that was asked for")
    }

    /// `None` for a tensor that stands for an absent one.
    fn present(&self) -> Option<&[R]> {
        Some(self.get()).filter(|slice| !slice.is_empty())
    }
}

fn tensor<R: Real>(values: Buffer<R>, shape: impl Into<Vec<usize>>) -> FlexTensor {
    FlexTensor::from_data(TensorData::from_bytes(values.into_bytes(), shape.into(), R::dtype()))
}

fn dims(tensor: &FlexTensor) -> Vec<usize> {
    tensor.layout().shape().to_vec()
}

fn elements(tensor: &FlexTensor) -> usize {
    tensor.layout().num_elements()
}

fn last(dims: &[usize]) -> usize {
    dims.last().copied().expect("a tensor with axes")
}

/// Indices below `bound`.
///
/// # Panics
///
/// Panics, naming the index, if one is not.
fn indices(tensor: FlexTensor, bound: usize, what: &str) -> Vec<usize> {
    let check = |index: i64| match usize::try_from(index) {
        Ok(index) if index < bound => index,
        _ => panic!("{what}: index {index}, but there are {bound}"),
    };
    tensor.into_data().iter::<i64>().map(check).collect()
}

/// Groups, rows of a group, and width of `[groups, .., width]`, where a parameter with `axes` axes has no group axis.
fn rows(x: &[usize], parameter: &[usize], axes: usize) -> (usize, usize, usize) {
    let groups = if parameter.len() > axes { parameter[0] } else { 1 };
    let width = last(x);
    let rows = x[..x.len() - 1].iter().product::<usize>();
    assert!(groups == 1 || x[0] == groups, "inputs and parameters have the same number of groups");
    (groups, rows / groups.max(1), width)
}

impl Fused for Flex {
    fn layer_norm_forward(x: FlexTensor, gamma: FlexTensor, beta: FlexTensor, epsilon: f64) -> [FlexTensor; 2] {
        by_dtype!(x, R => {
            let (groups, rows, width) = rows(&dims(&x), &dims(&gamma), 1);
            let shape = layer_norm::Shape { rows, width };
            let (mut y, mut statistics) = (room::<R>(groups * rows * width), room(2 * groups * rows));
            let [x_, gamma, beta] = [&x, &gamma, &beta].map(Elements::<R>::of);
            layer_norm::forward(shape, x_.get(), gamma.get(), beta.get(), epsilon, &mut y, &mut statistics);
            [tensor(y, dims(&x)), tensor(statistics, [groups, rows, 2])]
        })
    }

    fn layer_norm_backward(
        gradient: FlexTensor,
        x: FlexTensor,
        gamma: FlexTensor,
        statistics: FlexTensor,
    ) -> [FlexTensor; 3] {
        by_dtype!(x, R => {
            let (groups, rows, width) = rows(&dims(&x), &dims(&gamma), 1);
            let shape = layer_norm::Shape { rows, width };
            let mut dx = room::<R>(groups * rows * width);
            let [mut dgamma, mut dbeta] = [(); 2].map(|()| zeros(groups * width));
            let [gradient, x_, gamma_, statistics] = [&gradient, &x, &gamma, &statistics].map(Elements::<R>::of);
            let saved = layer_norm::Saved { x: x_.get(), gamma: gamma_.get(), statistics: statistics.get() };
            layer_norm::backward(shape, saved, gradient.get(), &mut dx, &mut dgamma, &mut dbeta);
            [tensor(dx, dims(&x)), tensor(dgamma, dims(&gamma)), tensor(dbeta, dims(&gamma))]
        })
    }

    fn linear_forward(x: FlexTensor, layers: Vec<Layer<Self>>, residual: FlexTensor, gelu: bool) -> [FlexTensor; 2] {
        by_dtype!(x, R => {
            let (groups, rows, input) = rows(&dims(&x), &dims(&layers[0].weight), 2);
            let shape = linear::Shape { groups, rows, input };
            let parameters = Parameters::<R>::of(&layers);
            let layers = parameters.layers();
            let total = linear::width(&layers);
            let mut y = room::<R>(groups * rows * total);
            let mut activated = room::<R>(if gelu { y.len() } else { 0 });
            let [x_, residual] = [&x, &residual].map(Elements::<R>::of);
            let target = gelu.then_some(&mut activated[..]);
            linear::forward(shape, x_.get(), &layers, residual.present(), &mut y, target);
            let mut axes = dims(&x);
            *axes.last_mut().expect("a tensor with axes") = total;
            if gelu { [tensor(activated, axes.clone()), tensor(y, axes)] } else { [tensor(y, axes), tensor::<R>(activated, [0])] }
        })
    }

    fn linear_backward(
        gradient: FlexTensor,
        x: FlexTensor,
        layers: Vec<Layer<Self>>,
        before: FlexTensor,
        wants_x: bool,
    ) -> (Option<FlexTensor>, Vec<Layer<Self>>) {
        by_dtype!(x, R => {
            let (groups, rows, input) = rows(&dims(&x), &dims(&layers[0].weight), 2);
            let shape = linear::Shape { groups, rows, input };
            let parameters = Parameters::<R>::of(&layers);
            let mut gradients: Vec<[Buffer<R>; 2]> =
                layers.iter().map(|layer| [room(elements(&layer.weight)), zeros(elements(&layer.bias))]).collect();
            let mut dx = wants_x.then(|| room::<R>(groups * rows * input));
            let [x_, before] = [&x, &before].map(Elements::<R>::of);
            let gradient = through_gelu(gradient, before.present());
            let mut targets: Vec<_> = gradients.iter_mut().map(|[weight, bias]| linear::Gradient {
                weight,
                bias: Some(&mut bias[..]).filter(|bias| !bias.is_empty()),
            }).collect();
            linear::backward(shape, x_.get(), &parameters.layers(), gradient.get(), dx.as_deref_mut(), &mut targets);
            let parameters = layers.iter().zip(gradients).map(|(like, [weight, bias])| Layer {
                weight: tensor(weight, dims(&like.weight)),
                bias: tensor(bias, dims(&like.bias)),
            });
            (dx.map(|dx| tensor(dx, dims(&x))), parameters.collect())
        })
    }

    fn attention_forward(inputs: Attention<Self>) -> [FlexTensor; 2] {
        by_dtype!(inputs.qkv, R => {
            let (shape, mut axes) = attention_shape(&inputs);
            let count = axes.iter().product::<usize>() / 3;
            *axes.last_mut().expect("a tensor with axes") /= 3;
            let mut output = room::<R>(count);
            let heads = count / (shape.time * shape.width).max(1);
            let mut weights = room::<R>(heads * shape.weights());
            let elements = AttentionElements::of(&inputs);
            attention::forward(shape, elements.get(), &mut output, &mut weights);
            let size = weights.len();
            [tensor(output, axes), tensor(weights, [size])]
        })
    }

    fn attention_backward(gradient: FlexTensor, inputs: Attention<Self>, weights: FlexTensor) -> [FlexTensor; 4] {
        by_dtype!(inputs.qkv, R => {
            let (shape, _) = attention_shape(&inputs);
            let likes = [&inputs.qkv, &inputs.relative, &inputs.content_bias, &inputs.position_bias];
            let mut qkv = room::<R>(elements(&inputs.qkv));
            let [mut relative, mut content_bias, mut position_bias] =
                [&inputs.relative, &inputs.content_bias, &inputs.position_bias].map(|like| zeros(elements(like)));
            let [gradient, weights] = [&gradient, &weights].map(Elements::<R>::of);
            let mut gradients = attention::Gradients {
                qkv: &mut qkv,
                relative: &mut relative,
                content_bias: &mut content_bias,
                position_bias: &mut position_bias,
            };
            let elements = AttentionElements::of(&inputs);
            attention::backward(shape, elements.get(), weights.get(), gradient.get(), &mut gradients);
            let [a, b, c, d] = likes.map(dims);
            [tensor(qkv, a), tensor(relative, b), tensor(content_bias, c), tensor(position_bias, d)]
        })
    }

    fn cross_entropy_forward(logits: FlexTensor, targets: FlexTensor) -> [FlexTensor; 2] {
        by_dtype!(logits, R => {
            let shape = cross_entropy_shape(&logits);
            let targets = indices(targets, shape.classes, "cross_entropy, classes");
            let mut log_sums = room::<R>(shape.groups * shape.rows);
            let loss = cross_entropy::forward(shape, Elements::of(&logits).get(), &targets, &mut log_sums);
            let mut losses = room(loss.len());
            losses.copy_from_slice(&loss);
            [tensor(losses, [shape.groups]), tensor(log_sums, [shape.groups, shape.rows])]
        })
    }

    fn cross_entropy_backward(
        gradient: FlexTensor,
        logits: FlexTensor,
        targets: FlexTensor,
        saved: FlexTensor,
    ) -> FlexTensor {
        by_dtype!(logits, R => {
            let shape = cross_entropy_shape(&logits);
            let targets = indices(targets, shape.classes, "cross_entropy, classes");
            let mut dlogits = room::<R>(shape.groups * shape.rows * shape.classes);
            let [gradient, logits_, saved] = [&gradient, &logits, &saved].map(Elements::<R>::of);
            cross_entropy::backward(shape, logits_.get(), &targets, saved.get(), gradient.get(), &mut dlogits);
            tensor(dlogits, dims(&logits))
        })
    }

    fn embed_forward(table: FlexTensor, tokens: FlexTensor) -> FlexTensor {
        by_dtype!(table, R => {
            let (shape, axes) = embedding_shape(&table, &tokens);
            let tokens = indices(tokens, shape.entries, "embedding, entries of the table");
            let mut y = room::<R>(axes.iter().product());
            embedding::forward(shape, Elements::of(&table).get(), &tokens, &mut y);
            tensor(y, axes)
        })
    }

    fn embed_backward(gradient: FlexTensor, table: FlexTensor, tokens: FlexTensor) -> FlexTensor {
        by_dtype!(table, R => {
            let (shape, _) = embedding_shape(&table, &tokens);
            let tokens = indices(tokens, shape.entries, "embedding, entries of the table");
            let mut target = zeros::<R>(elements(&table));
            embedding::backward(shape, &tokens, Elements::of(&gradient).get(), &mut target);
            tensor(target, dims(&table))
        })
    }
}

/// The gradient of what GELU was taken of, in the gradient's own memory if nobody else uses it.
fn through_gelu<R: Real>(gradient: FlexTensor, before: Option<&[R]>) -> Elements<R> {
    let mut elements = Elements::of(&gradient);
    drop(gradient);
    if let Some(before) = before {
        linear::through_gelu(before, elements.tensor.storage_mut());
    }
    elements
}

struct Parameters<R>(Vec<(Elements<R>, Elements<R>, usize)>);

impl<R: Real> Parameters<R> {
    fn of(layers: &[Layer<Flex>]) -> Self {
        let elements =
            |layer: &Layer<Flex>| (Elements::of(&layer.weight), Elements::of(&layer.bias), last(&dims(&layer.weight)));
        Self(layers.iter().map(elements).collect())
    }

    fn layers(&self) -> Vec<linear::Layer<'_, R>> {
        self.0
            .iter()
            .map(|(weight, bias, width)| linear::Layer { weight: weight.get(), bias: bias.present(), width: *width })
            .collect()
    }
}

struct AttentionElements<R>([Elements<R>; 5]);

impl<R: Real> AttentionElements<R> {
    fn of(inputs: &Attention<Flex>) -> Self {
        let Attention { qkv, scale, relative, content_bias, position_bias, .. } = inputs;
        Self([qkv, scale, relative, content_bias, position_bias].map(Elements::of))
    }

    fn get(&self) -> attention::Inputs<'_, R> {
        let [qkv, scale, relative, content_bias, position_bias] = self.0.each_ref().map(Elements::get);
        attention::Inputs { qkv, scale, relative, content_bias, position_bias }
    }
}

/// Sizes of an attention whose qkv is `[groups, batch, time, 3 · heads · width]`, or without the first axis for one group.
fn attention_shape(inputs: &Attention<Flex>) -> (attention::Shape, Vec<usize>) {
    let axes = dims(&inputs.qkv);
    let scale = dims(&inputs.scale);
    let groups = if scale.len() > 1 { scale[0] } else { 1 };
    let [time, columns] = [axes[axes.len() - 2], axes[axes.len() - 1] / 3];
    let sequences = axes[..axes.len() - 2].iter().product::<usize>();
    let width = columns / inputs.heads;
    assert_eq!(last(&scale), width, "one factor for each coordinate of a head");
    (attention::Shape { batch: sequences / groups, time, heads: inputs.heads, width }, axes)
}

/// `[groups, rows, classes]`, or without the first axis for one group.
fn cross_entropy_shape(logits: &FlexTensor) -> cross_entropy::Shape {
    let axes = dims(logits);
    let [rows, classes] = [axes[axes.len() - 2], axes[axes.len() - 1]];
    cross_entropy::Shape { groups: axes[..axes.len() - 2].iter().product(), rows, classes }
}

fn embedding_shape(table: &FlexTensor, tokens: &FlexTensor) -> (embedding::Shape, Vec<usize>) {
    let (table, mut axes) = (dims(table), dims(tokens));
    let groups = if table.len() > 2 { table[0] } else { 1 };
    let [entries, width] = [table[table.len() - 2], table[table.len() - 1]];
    let rows = axes.iter().product::<usize>() / groups;
    axes.push(width);
    (embedding::Shape { rows, entries, width }, axes)
}
