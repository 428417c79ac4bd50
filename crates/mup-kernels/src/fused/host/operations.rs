//! Every operation: sizes, slices, kernel, tensors.

use burn::backend::TensorMetadata;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::DType;

use super::Host;
use super::elements::{AttentionElements, Elements, Output, Parameters, through_gelu};
use super::sizes::{attention_shape, cross_entropy_shape, dims, embedding_shape, indices, rows};
use crate::fused::{Attention, Fused, Layer};
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
            let parameters: Vec<_> = layers.iter().map(Parameters::<B, R>::of).collect();
            let layers: Vec<_> = parameters.iter().map(Parameters::layer).collect();
            let mut axes = dims(&x);
            *axes.last_mut().expect("a tensor with axes") = linear::width(&layers);
            let mut y = Output::<B, R>::new(axes.clone());
            let mut activated = Output::<B, R>::new(if gelu { axes.clone() } else { vec![0] });
            let [x, residual_] = [&x, &residual].map(Elements::<B, R>::of);
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
            let parameters: Vec<_> = layers.iter().map(Parameters::<B, R>::of).collect();
            let shared: Vec<_> = parameters.iter().map(Parameters::layer).collect();
            let gradients = |layer: &Layer<B>| [Output::new(dims(&layer.weight)), Output::zeros(dims(&layer.bias))];
            let mut gradients: Vec<[Output<B, R>; 2]> = layers.iter().map(gradients).collect();
            let mut dx = wants_x.then(|| Output::<B, R>::new(dims(&x)));
            let [x_, before] = [&x, &before].map(Elements::<B, R>::of);
            let gradient = through_gelu::<B, R>(gradient, before.present());
            let mut targets: Vec<_> = gradients.iter_mut().map(|[weight, bias]| linear::Gradient {
                weight: &mut weight.room,
                bias: Some(&mut bias.room[..]).filter(|bias| !bias.is_empty()),
            }).collect();
            linear::backward(shape, x_.get(), &shared, gradient.get(), dx.as_mut().map(|dx| &mut dx.room[..]), &mut targets);
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
