//! Normalized heads of queries and keys.

use burn::tensor::Tensor;

use super::rms_norm;
use crate::{Heads, shapes};

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused},
    slices::{
        real::Real,
        rms_norm::{self as slices, Saved, Shape},
    },
};

/// Queries, keys and values with the heads of the former two normalized: [`rms_norm`](crate::rms_norm) of each.
///
/// `qkv` as in [`causal_attention`](crate::causal_attention); the gains of queries and of keys are `[width]`, or
/// `[groups, width]`.
///
/// # Panics
///
/// Panics if the shapes do not fit.
///
/// # Reference
///
/// Henry et al., arXiv:2010.04245; Dehghani et al., arXiv:2302.05442.
#[must_use]
pub fn qk_norm<const D: usize, const P: usize>(
    qkv: Tensor<D>,
    gains: Option<[Tensor<P>; 2]>,
    heads: impl Into<Heads>,
    epsilon: f64,
) -> Tensor<D> {
    let heads = heads.into();
    let dims = gains.as_ref().map(|gains| gains.each_ref().map(Tensor::dims));
    shapes::qk_norm(&qkv.dims(), dims.as_ref().map(|gains| gains.each_ref().map(<[usize; P]>::as_slice)), heads);
    #[cfg(feature = "host")]
    if crate::is_fused(&qkv) {
        let [query, key] = gains.map_or([None, None], |gains| gains.map(Some));
        return fused!(QkNorm { heads, epsilon }, qkv, query, key);
    }
    portable(qkv, gains, heads, epsilon)
}

pub(crate) fn portable<const D: usize, const P: usize>(
    qkv: Tensor<D>,
    gains: Option<[Tensor<P>; 2]>,
    heads: Heads,
    epsilon: f64,
) -> Tensor<D> {
    let dims = qkv.dims();
    let width = heads.width(dims[D - 1]);
    let rows: usize = dims[..D - 1].iter().product();
    // Groups of parameters come first, so that rows of one group follow each other.
    let groups = gains.as_ref().map_or(1, |[query, _]| if P > 1 { query.dims()[0] } else { 1 });
    let qkv: Tensor<4> = qkv.reshape([groups, rows / groups, heads.queries + 2 * heads.keys, width]);
    let [query, key] = gains.map_or([None, None], |gains| gains.map(Some));
    let keys_end = heads.queries + heads.keys;
    let query = rms_norm::portable(qkv.clone().narrow(2, 0, heads.queries), query, epsilon);
    let key = rms_norm::portable(qkv.clone().narrow(2, heads.queries, heads.keys), key, epsilon);
    Tensor::cat(vec![query, key, qkv.narrow(2, keys_end, heads.keys)], 2).reshape(dims)
}

/// Of queries, keys and values, and the gains of the former two.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct QkNorm {
    heads: Heads,
    epsilon: f64,
}

#[cfg(feature = "host")]
impl QkNorm {
    fn shape(&self, qkv: &[usize], gain: &[usize]) -> Shape {
        let Heads { queries, keys, .. } = self.heads;
        let groups = if gain.len() > 1 { gain[0] } else { 1 };
        let rows = qkv[..qkv.len() - 1].iter().product::<usize>() / groups.max(1);
        Shape { rows, width: self.heads.width(qkv[qkv.len() - 1]), heads: [queries, keys], rest: keys }
    }
}

#[cfg(feature = "host")]
impl Operation<3> for QkNorm {
    const READ: [bool; 3] = [true; 3];

    fn forward<H: Host, R: Real>(&self, [qkv, query, key]: &[Input<H, R>; 3]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let shape = self.shape(qkv.dims(), query.dims());
        let mut dims = qkv.dims().to_vec();
        *dims.last_mut().expect("a tensor with axes") = shape.normalized();
        let (mut y, mut scales) = (qkv.room(), Output::new(&dims));
        slices::forward(shape, qkv.get(), [query.get(), key.get()], self.epsilon, y.get(), scales.get());
        (y, vec![scales])
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 3>) -> [Option<Output<H, R>>; 3] {
        let [qkv, query, key] = &pass.inputs;
        let (mut dqkv, mut dquery, mut dkey) = (qkv.room(), query.zeros(), key.zeros());
        let saved = Saved { x: qkv.get(), gains: [query.get(), key.get()], scales: pass.saved[0].get() };
        let shape = self.shape(qkv.dims(), query.dims());
        slices::backward(shape, saved, pass.gradient.get(), dqkv.get(), [dquery.get(), dkey.get()]);
        [Some(dqkv), query.is_present().then_some(dquery), key.is_present().then_some(dkey)]
    }
}
