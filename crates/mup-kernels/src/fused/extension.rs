//! Registration with Burn: the operations under the names by which a tensor of any backend finds them.
#![allow(deprecated, reason = "Burn deprecates LibTorch, which is offered as long as it has it")]

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, backend_extension};

use super::{Attention, Fused, Layer};

/// One method for each public function of this crate. An absent tensor is an empty one.
#[backend_extension(Flex: cfg(feature = "flex"), LibTorch: cfg(feature = "libtorch"), Autodiff)]
pub(crate) trait Kernels: Backend {
    fn layer_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;

    fn linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        gelu: bool,
    ) -> FloatTensor<Self>;

    fn projections(
        x: FloatTensor<Self>,
        query: FloatTensor<Self>,
        query_bias: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        value_bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    fn attention(
        qkv: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        relative: FloatTensor<Self>,
        content_bias: FloatTensor<Self>,
        position_bias: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self>;

    fn cross_entropy(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> FloatTensor<Self>;

    fn embedding(table: FloatTensor<Self>, tokens: IntTensor<Self>) -> FloatTensor<Self>;
}

/// Without gradients nothing is saved.
macro_rules! without_gradients {
    ($backend:ty) => {
        impl Kernels for $backend {
            fn layer_norm(
                x: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                epsilon: f64,
            ) -> FloatTensor<Self> {
                let [y, _] = <Self as Fused>::layer_norm_forward(x, gamma, beta, epsilon);
                y
            }

            fn linear(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                residual: FloatTensor<Self>,
                gelu: bool,
            ) -> FloatTensor<Self> {
                let [y, _] = <Self as Fused>::linear_forward(x, vec![Layer { weight, bias }], residual, gelu);
                y
            }

            fn projections(
                x: FloatTensor<Self>,
                query: FloatTensor<Self>,
                query_bias: FloatTensor<Self>,
                key: FloatTensor<Self>,
                value: FloatTensor<Self>,
                value_bias: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                let none = super::empty::<Self>(&key);
                let layers = vec![
                    Layer { weight: query, bias: query_bias },
                    Layer { weight: key, bias: none.clone() },
                    Layer { weight: value, bias: value_bias },
                ];
                let [y, _] = <Self as Fused>::linear_forward(x, layers, none, false);
                y
            }

            fn attention(
                qkv: FloatTensor<Self>,
                scale: FloatTensor<Self>,
                relative: FloatTensor<Self>,
                content_bias: FloatTensor<Self>,
                position_bias: FloatTensor<Self>,
                heads: usize,
            ) -> FloatTensor<Self> {
                let inputs = Attention { qkv, scale, relative, content_bias, position_bias, heads };
                let [output, _] = <Self as Fused>::attention_forward(inputs);
                output
            }

            fn cross_entropy(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> FloatTensor<Self> {
                let [loss, _] = <Self as Fused>::cross_entropy_forward(logits, targets);
                loss
            }

            fn embedding(table: FloatTensor<Self>, tokens: IntTensor<Self>) -> FloatTensor<Self> {
                <Self as Fused>::embed_forward(table, tokens)
            }
        }
    };
}

#[cfg(feature = "flex")]
without_gradients!(burn::backend::Flex);
#[cfg(feature = "libtorch")]
without_gradients!(burn::backend::LibTorch);
