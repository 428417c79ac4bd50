//! The forward pass of the causal attention.

use rayon::prelude::*;

use super::head::{Distances, Head, Scratch};
use super::{Inputs, Shape};
use crate::pool::room;
use crate::slices::matrix::{Matrix, Write, multiply};
use crate::slices::real::Real;
use crate::slices::simd::{add, maximum, sum, vectorized};

/// Fills the output, `[groups, batch, time, heads, width]`, and the attention weights that the backward pass needs, by head
/// and block.
pub(crate) fn forward<R: Real>(shape: Shape, inputs: Inputs<'_, R>, output: &mut [R], weights: &mut [R]) {
    if output.is_empty() {
        return;
    }
    let distances = Distances::new(shape, inputs.relative);
    let mut by_head = room(output.len());
    let heads = by_head.par_chunks_mut(shape.time * shape.width).zip(weights.par_chunks_mut(shape.weights()));
    heads.enumerate().for_each_init(
        || Scratch::new(shape),
        |scratch, (task, (output, weights))| {
            let head = Head::new(shape, inputs, task);
            head.stage(1, scratch);
            head_forward(&head, &distances, scratch, output, weights);
        },
    );
    gather(shape, &by_head, output);
}

/// From `[sequence, head, time, width]` to rows `[sequence, time]` of all heads.
fn gather<R: Real>(shape: Shape, by_head: &[R], target: &mut [R]) {
    let (size, width, row) = (shape.time * shape.width, shape.width, shape.columns());
    target.par_chunks_mut(shape.time * row).enumerate().for_each(|(sequence, target)| {
        for (time, target) in target.chunks_mut(row).enumerate() {
            for (head, target) in target.chunks_exact_mut(width).enumerate() {
                let source = (sequence * shape.heads + head) * size + time * width;
                target.copy_from_slice(&by_head[source..source + width]);
            }
        }
    });
}

fn head_forward<R: Real>(
    head: &Head<'_, R>,
    distances: &Distances<R>,
    scratch: &mut Scratch<R>,
    output: &mut [R],
    weights: &mut [R],
) {
    let Shape { time, width, .. } = head.shape;
    let mut rest = weights;
    for (first, end) in head.shape.blocks() {
        let rows = end - first;
        let (block, after) = rest.split_at_mut(rows * end);
        rest = after;
        vectorized(
            #[inline(always)]
            || head.queries((first, end), scratch),
        );
        let query = Matrix::new(&scratch.content_query, rows, width);
        multiply(block, end, Write::Replace, query, scratch.transposed.columns(time, end));
        if !distances.is_empty() {
            let query = Matrix::new(&scratch.position_query, rows, width);
            multiply(&mut scratch.by_distance, end, Write::Replace, query, distances.columns(head.number, end));
        }
        vectorized(
            #[inline(always)]
            || {
                for (row, weights) in block.chunks_exact_mut(end).enumerate() {
                    // The last entry of a row by distance is distance 0, the key of the query itself.
                    let seen = first + row + 1;
                    let by_distance =
                        (!distances.is_empty()).then(|| &scratch.by_distance[row * end..][end - seen..end]);
                    softmax(weights, by_distance, seen);
                }
            },
        );
        let values = scratch.parts[2].rows(end);
        multiply(&mut output[first * width..], width, Write::Replace, Matrix::new(block, rows, end), values);
    }
}

/// Softmax of the first `seen` logits, with those by distance added; the others become 0.
#[inline(always)]
fn softmax<R: Real>(logits: &mut [R], by_distance: Option<&[R]>, seen: usize) {
    let (logits, hidden) = logits.split_at_mut(seen);
    hidden.fill(R::ZERO);
    if let Some(by_distance) = by_distance {
        add(logits, by_distance);
    }
    let largest = maximum(logits);
    for logit in logits.iter_mut() {
        *logit = (*logit - largest).exp();
    }
    let scale = R::ONE / sum(logits, logits, |weight, _| weight);
    for logit in logits.iter_mut() {
        *logit = *logit * scale;
    }
}
