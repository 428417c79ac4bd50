//! Queries, keys and values from one input.

use burn::tensor::Tensor;

use super::linear;
use crate::shapes;

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused},
    slices::{self, real::Real},
};

/// Queries, keys and values side by side: x of `[groups, .., input]` becomes `[groups, .., queries + keys + values]`.
///
/// Weights and biases as in [`linear`](crate::linear); keys and values may have fewer columns than queries, but as many as
/// each other.
///
/// # Panics
///
/// As [`linear`](crate::linear), or if the widths of keys and values differ.
#[must_use]
pub fn projections<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    layers: [(Tensor<W>, Option<Tensor<B>>); 3],
) -> Tensor<D> {
    shapes::projections(layers.each_ref().map(|(weight, _)| weight.dims()));
    for (weight, bias) in &layers {
        linear::check("projections", &x, weight, bias.as_ref());
    }
    #[cfg(feature = "host")]
    if crate::is_fused(&x) {
        let [(query, query_bias), (key, key_bias), (value, value_bias)] = layers;
        return fused!(Projections, x, query, query_bias, key, key_bias, value, value_bias);
    }
    portable(x, layers)
}

pub(crate) fn portable<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    layers: [(Tensor<W>, Option<Tensor<B>>); 3],
) -> Tensor<D> {
    let parts = layers.map(|(weight, bias)| linear::portable(x.clone(), weight, bias));
    Tensor::cat(parts.into(), D - 1)
}

/// Of x, and weight and bias of queries, keys and values.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct Projections;

#[cfg(feature = "host")]
impl Operation<7> for Projections {
    const READ: [bool; 7] = [true, true, false, true, false, true, false];

    fn forward<H: Host, R: Real>(
        &self,
        [x, query, query_bias, key, key_bias, value, value_bias]: &[Input<H, R>; 7],
    ) -> (Output<H, R>, Vec<Output<H, R>>) {
        let layers = [(query, query_bias), (key, key_bias), (value, value_bias)];
        let layers = layers.map(|(weight, bias)| linear::layer(weight, bias));
        let mut y = linear::output(x, &layers);
        slices::linear::forward(linear::shape(x, query), x.get(), &layers, None, y.get(), None);
        (y, Vec::new())
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 7>) -> [Option<Output<H, R>>; 7] {
        let [x, query, query_bias, key, key_bias, value, value_bias] = &pass.inputs;
        let layers = [(query, query_bias), (key, key_bias), (value, value_bias)];
        let (dx, [query, key, value]) = linear::gradients(&pass.gradient, x, layers, pass.wanted[0]);
        [dx, Some(query.0), query.1, Some(key.0), key.1, Some(value.0), value.1]
    }
}
