//! The operations under autodiff: one node each, whose backward pass is written by hand.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::{Attention, Fused, Kernels, Layer, empty};

/// Puts together a node: what is saved and how the gradients of the parents are found from that of the output.
macro_rules! operation {
    ($name:ident, $parents:literal, $state:ty, |$gradient:ident, $saved:ident, $wanted:ident| $backward:expr) => {
        #[derive(Debug)]
        struct $name;

        impl<B: Fused> Backward<B, $parents> for $name {
            type State = $state;

            fn backward(self, ops: Ops<Self::State, $parents>, grads: &mut Gradients, _: &mut Checkpointer) {
                let $gradient = grads.consume::<B>(&ops.node);
                let $saved = ops.state;
                let $wanted: [bool; $parents] = ops.parents.each_ref().map(Option::is_some);
                let found: [Option<FloatTensor<B>>; $parents] = $backward;
                for (parent, found) in ops.parents.into_iter().zip(found) {
                    if let (Some(parent), Some(found)) = (parent, found) {
                        grads.register::<B>(parent.id, found);
                    }
                }
            }
        }
    };
}

operation!(LayerNorm, 3, [FloatTensor<B>; 3], |gradient, saved, _wanted| {
    let [x, gamma, statistics] = saved;
    B::layer_norm_backward(gradient, x, gamma, statistics).map(Some)
});

operation!(Linear, 4, (FloatTensor<B>, Layer<B>, FloatTensor<B>), |gradient, saved, wanted| {
    let (x, layer, before) = saved;
    let residual = wanted[3].then(|| gradient.clone());
    let (dx, mut layers) = B::linear_backward(gradient, x, vec![layer], before, wanted[0]);
    let Layer { weight, bias } = layers.remove(0);
    [dx, Some(weight), Some(bias), residual]
});

operation!(Projections, 6, (FloatTensor<B>, [Layer<B>; 3]), |gradient, saved, wanted| {
    let (x, layers) = saved;
    let none = empty::<B>(&x);
    let (dx, layers) = B::linear_backward(gradient, x, layers.into(), none, wanted[0]);
    let [query, key, value] = <[Layer<B>; 3]>::try_from(layers).expect("a gradient for every layer");
    [dx, Some(query.weight), Some(query.bias), Some(key.weight), Some(value.weight), Some(value.bias)]
});

operation!(CausalAttention, 4, (Attention<B>, FloatTensor<B>), |gradient, saved, _wanted| {
    let (inputs, weights) = saved;
    <B as Fused>::attention_backward(gradient, inputs, weights).map(Some)
});

operation!(CrossEntropy, 1, (FloatTensor<B>, IntTensor<B>, FloatTensor<B>), |gradient, saved, _wanted| {
    let (logits, targets, saved) = saved;
    [Some(B::cross_entropy_backward(gradient, logits, targets, saved))]
});

operation!(Embedding, 1, (FloatTensor<B>, IntTensor<B>), |gradient, saved, _wanted| {
    let (table, tokens) = saved;
    [Some(B::embed_backward(gradient, table, tokens))]
});

/// Registers a node: `$forward` is the output and `$state` what is saved if any parent wants a gradient.
macro_rules! node {
    ($operation:ident, $strategy:ty, [$($parent:ident),*], $forward:expr, $output:ident, $state:expr) => {{
        let guards = [$($parent.node()),*];
        $(let $parent = $parent.into_primitive();)*
        match $operation.prepare::<$strategy>(guards).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let $output = $forward;
                let (state, output) = $state;
                prepared.finish(state, output)
            }
            OpsKind::UnTracked(prepared) => {
                let $output = $forward;
                let (_, output) = $state;
                prepared.finish(output)
            }
        }
    }};
}

impl<B: Fused, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn layer_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let forward = |x: &FloatTensor<B>, gamma: &FloatTensor<B>, beta| {
            B::layer_norm_forward(x.clone(), gamma.clone(), beta, epsilon)
        };
        node!(LayerNorm, C, [x, gamma, beta], forward(&x, &gamma, beta), output, {
            let [y, statistics] = output;
            ([x, gamma, statistics], y)
        })
    }

    fn linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        gelu: bool,
    ) -> FloatTensor<Self> {
        node!(
            Linear,
            C,
            [x, weight, bias, residual],
            {
                let layer = Layer { weight, bias };
                (B::linear_forward(x.clone(), vec![layer.clone()], residual, gelu), layer)
            },
            output,
            {
                let ([y, before], layer) = output;
                ((x, layer, before), y)
            }
        )
    }

    fn projections(
        x: FloatTensor<Self>,
        query: FloatTensor<Self>,
        query_bias: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        value_bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        node!(
            Projections,
            C,
            [x, query, query_bias, key, value, value_bias],
            {
                let none = empty::<B>(&x);
                let layers = [
                    Layer { weight: query, bias: query_bias },
                    Layer { weight: key, bias: none.clone() },
                    Layer { weight: value, bias: value_bias },
                ];
                (B::linear_forward(x.clone(), layers.to_vec(), none, false), layers)
            },
            output,
            {
                let ([y, _], layers) = output;
                ((x, layers), y)
            }
        )
    }

    fn attention(
        qkv: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        relative: FloatTensor<Self>,
        content_bias: FloatTensor<Self>,
        position_bias: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self> {
        let scale = scale.into_primitive();
        node!(
            CausalAttention,
            C,
            [qkv, relative, content_bias, position_bias],
            {
                let inputs = Attention { qkv, scale, relative, content_bias, position_bias, heads };
                (B::attention_forward(inputs.clone()), inputs)
            },
            output,
            {
                let ([y, weights], inputs) = output;
                ((inputs, weights), y)
            }
        )
    }

    fn cross_entropy(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> FloatTensor<Self> {
        node!(CrossEntropy, C, [logits], B::cross_entropy_forward(logits.clone(), targets.clone()), output, {
            let [loss, saved] = output;
            ((logits, targets, saved), loss)
        })
    }

    fn embedding(table: FloatTensor<Self>, tokens: IntTensor<Self>) -> FloatTensor<Self> {
        node!(Embedding, C, [table], B::embed_forward(table.clone(), tokens.clone()), output, ((table, tokens), output))
    }
}
