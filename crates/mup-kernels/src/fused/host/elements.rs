//! Tensors as slices, and slices that become tensors.

use burn::backend::tensor::FloatTensor;

use super::Host;
use super::sizes::{dims, last};
use crate::fused::{Attention, Layer};
use crate::slices::real::Real;
use crate::slices::{attention, linear};

/// The elements of a tensor in order; copies if they are not.
pub(super) struct Elements<B: Host, R> {
    ordered: FloatTensor<B>,
    real: core::marker::PhantomData<R>,
}

impl<B: Host, R: Real> Elements<B, R> {
    pub(super) fn of(tensor: &FloatTensor<B>) -> Self {
        Self { ordered: B::ordered(tensor.clone()), real: core::marker::PhantomData }
    }

    pub(super) fn get(&self) -> &[R] {
        B::read(&self.ordered)
    }

    /// `None` for a tensor that stands for an absent one.
    pub(super) fn present(&self) -> Option<&[R]> {
        Some(self.get()).filter(|slice| !slice.is_empty())
    }
}

/// A tensor of the given shape, while it is computed.
pub(super) struct Output<B: Host, R: Real> {
    pub(super) room: B::Room<R>,
    dims: Vec<usize>,
}

impl<B: Host, R: Real> Output<B, R> {
    /// With unspecified contents.
    pub(super) fn new(dims: impl Into<Vec<usize>>) -> Self {
        let dims = dims.into();
        Self { room: B::room(&dims), dims }
    }

    pub(super) fn zeros(dims: impl Into<Vec<usize>>) -> Self {
        let mut output = Self::new(dims);
        output.room.fill(R::ZERO);
        output
    }

    pub(super) fn tensor(self) -> FloatTensor<B> {
        B::tensor(self.room, &self.dims)
    }
}

/// The gradient of what GELU was taken of, in the gradient's own memory if nobody else uses it.
pub(super) fn through_gelu<B: Host, R: Real>(gradient: FloatTensor<B>, before: Option<&[R]>) -> Elements<B, R> {
    let mut ordered = B::ordered(gradient);
    if let Some(before) = before {
        linear::through_gelu(before, B::write(&mut ordered));
    }
    Elements { ordered, real: core::marker::PhantomData }
}

/// One layer's weight and bias, and its width.
pub(super) struct Parameters<B: Host, R> {
    weight: Elements<B, R>,
    bias: Elements<B, R>,
    width: usize,
}

impl<B: Host, R: Real> Parameters<B, R> {
    pub(super) fn of(layer: &Layer<B>) -> Self {
        let width = last(&dims(&layer.weight));
        Self { weight: Elements::of(&layer.weight), bias: Elements::of(&layer.bias), width }
    }

    pub(super) fn layer(&self) -> linear::Layer<'_, R> {
        linear::Layer { weight: self.weight.get(), bias: self.bias.present(), width: self.width }
    }
}

pub(super) struct AttentionElements<B: Host, R>([Elements<B, R>; 5]);

impl<B: Host, R: Real> AttentionElements<B, R> {
    pub(super) fn of(inputs: &Attention<B>) -> Self {
        let Attention { qkv, scale, relative, content_bias, position_bias, .. } = inputs;
        Self([qkv, scale, relative, content_bias, position_bias].map(Elements::of))
    }

    pub(super) fn get(&self) -> attention::Inputs<'_, R> {
        let [qkv, scale, relative, content_bias, position_bias] = self.0.each_ref().map(Elements::get);
        attention::Inputs { qkv, scale, relative, content_bias, position_bias }
    }
}
