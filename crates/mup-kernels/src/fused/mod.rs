//! Fused operations with a forward and a backward pass, for the backends that have them.

mod autodiff;
mod extension;
#[cfg(feature = "flex")]
mod flex;
mod host;
#[cfg(feature = "libtorch")]
mod libtorch;

use burn::backend::Backend;
use burn::backend::tensor::{FloatTensor, IntTensor};

pub(crate) use extension::Kernels;
pub(crate) use host::Host;

/// A linear layer's weight `[groups, input, width]` and bias `[groups, width]`, or an empty bias.
pub(crate) struct Layer<B: Backend> {
    pub(crate) weight: FloatTensor<B>,
    pub(crate) bias: FloatTensor<B>,
}

/// The tensors that an attention reads; see [`crate::causal_attention`]. Without relative positions the last three are empty.
#[derive(Debug)]
pub(crate) struct Attention<B: Backend> {
    pub(crate) qkv: FloatTensor<B>,
    pub(crate) scale: FloatTensor<B>,
    pub(crate) relative: FloatTensor<B>,
    pub(crate) content_bias: FloatTensor<B>,
    pub(crate) position_bias: FloatTensor<B>,
    pub(crate) heads: usize,
}

impl<B: Backend> Clone for Layer<B> {
    fn clone(&self) -> Self {
        Self { weight: self.weight.clone(), bias: self.bias.clone() }
    }
}

impl<B: Backend> Clone for Attention<B> {
    fn clone(&self) -> Self {
        Self {
            qkv: self.qkv.clone(),
            scale: self.scale.clone(),
            relative: self.relative.clone(),
            content_bias: self.content_bias.clone(),
            position_bias: self.position_bias.clone(),
            heads: self.heads,
        }
    }
}

impl<B: Backend> core::fmt::Debug for Layer<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Layer").field("weight", &self.weight).field("bias", &self.bias).finish()
    }
}

/// The passes themselves. A backward pass takes the gradient of the output first and returns those of the inputs in order.
pub(crate) trait Fused: Backend {
    /// The output, and what the backward pass needs besides the inputs.
    fn layer_norm_forward(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> [FloatTensor<Self>; 2];

    fn layer_norm_backward(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3];

    /// x W + b for each layer side by side, plus the residual unless it is empty. With `gelu`, the second output is what GELU
    /// was taken of, and otherwise empty.
    fn linear_forward(
        x: FloatTensor<Self>,
        layers: Vec<Layer<Self>>,
        residual: FloatTensor<Self>,
        gelu: bool,
    ) -> [FloatTensor<Self>; 2];

    /// Gradients of x (unless it is not wanted) and of every layer (an empty bias has none). `before` is the second
    /// output of [`linear_forward`](Self::linear_forward).
    fn linear_backward(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        layers: Vec<Layer<Self>>,
        before: FloatTensor<Self>,
        wants_x: bool,
    ) -> (Option<FloatTensor<Self>>, Vec<Layer<Self>>);

    /// The output and the attention weights, in a form of the backend's own.
    fn attention_forward(inputs: Attention<Self>) -> [FloatTensor<Self>; 2];

    /// Gradients of qkv, relative keys, content bias and position bias; the last three are empty if the inputs are.
    fn attention_backward(
        gradient: FloatTensor<Self>,
        inputs: Attention<Self>,
        weights: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 4];

    /// The loss of each group, and what the backward pass needs.
    fn cross_entropy_forward(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> [FloatTensor<Self>; 2];

    fn cross_entropy_backward(
        gradient: FloatTensor<Self>,
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        saved: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    fn embed_forward(table: FloatTensor<Self>, tokens: IntTensor<Self>) -> FloatTensor<Self>;

    /// The table is only looked at for its shape.
    fn embed_backward(
        gradient: FloatTensor<Self>,
        table: FloatTensor<Self>,
        tokens: IntTensor<Self>,
    ) -> FloatTensor<Self>;
}

/// A tensor without elements, which stands for an absent one.
fn empty<B: Backend>(like: &FloatTensor<B>) -> FloatTensor<B> {
    use burn::backend::TensorMetadata;
    let dtype = like.dtype().into();
    B::float_zeros([0].into(), &like.device(), dtype)
}
