//! Sizes of groups, rows and heads from the shapes of tensors, which were checked before (`crate::shapes`).

use burn::backend::TensorMetadata;
use burn::backend::tensor::IntTensor;

use super::Host;
use crate::fused::Attention;
use crate::slices::{attention, cross_entropy, embedding};

pub(super) fn dims<T: TensorMetadata>(tensor: &T) -> Vec<usize> {
    tensor.shape().to_vec()
}

pub(super) fn last(dims: &[usize]) -> usize {
    dims.last().copied().expect("a tensor with axes")
}

/// Indices below `bound`.
///
/// # Panics
///
/// Panics, naming the index, if one is not.
pub(super) fn indices<B: Host>(tensor: IntTensor<B>, bound: usize, what: &str) -> Vec<usize> {
    let check = |index: i64| match usize::try_from(index) {
        Ok(index) if index < bound => index,
        _ => panic!("{what}: index {index}, but there are {bound}"),
    };
    B::integers(tensor).into_iter().map(check).collect()
}

/// Groups, rows of a group, and width of `[groups, .., width]`, where a parameter with `axes` axes has no group axis.
pub(super) fn rows(x: &[usize], parameter: &[usize], axes: usize) -> (usize, usize, usize) {
    let groups = if parameter.len() > axes { parameter[0] } else { 1 };
    let width = last(x);
    let rows = x[..x.len() - 1].iter().product::<usize>();
    (groups, rows / groups.max(1), width)
}

/// Sizes of an attention whose qkv is `[groups, batch, time, 3 · heads · width]`, or without the first axis for one group.
pub(super) fn attention_shape<B: Host>(inputs: &Attention<B>) -> (attention::Shape, Vec<usize>) {
    let (axes, scale) = (dims(&inputs.qkv), dims(&inputs.scale));
    let groups = if scale.len() > 1 { scale[0] } else { 1 };
    let [time, columns] = [axes[axes.len() - 2], axes[axes.len() - 1] / 3];
    let sequences = axes[..axes.len() - 2].iter().product::<usize>();
    let width = columns / inputs.heads;
    (attention::Shape { batch: sequences / groups.max(1), time, heads: inputs.heads, width }, axes)
}

/// `[groups, rows, classes]`, or without the first axis for one group.
pub(super) fn cross_entropy_shape(axes: &[usize]) -> cross_entropy::Shape {
    let [rows, classes] = [axes[axes.len() - 2], axes[axes.len() - 1]];
    cross_entropy::Shape { groups: axes[..axes.len() - 2].iter().product(), rows, classes }
}

pub(super) fn embedding_shape(table: &[usize], mut axes: Vec<usize>) -> (embedding::Shape, Vec<usize>) {
    let groups = if table.len() > 2 { table[0] } else { 1 };
    let [entries, width] = [table[table.len() - 2], table[table.len() - 1]];
    let rows = axes.iter().product::<usize>() / groups;
    axes.push(width);
    (embedding::Shape { rows, entries, width }, axes)
}
