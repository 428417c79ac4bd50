//! The backward pass of the causal attention.

use rayon::prelude::*;

use super::head::{Distances, Head, Scratch};
use super::{BLOCK, Inputs, Shape};
use crate::pool::zeros;
use crate::slices::matrix::{Matrix, Write, multiply};
use crate::slices::real::Real;
use crate::slices::simd::{add, sum, vectorized};

/// Gradients of an attention's inputs, shaped as [`Inputs`]; without relative positions the last three are empty.
#[derive(Debug)]
pub(crate) struct Gradients<'a, R> {
    pub(crate) qkv: &'a mut [R],
    pub(crate) relative: &'a mut [R],
    pub(crate) content_bias: &'a mut [R],
    pub(crate) position_bias: &'a mut [R],
}

/// Gradients of one head, or of a piece of them, in one buffer.
struct HeadGradients<'a, R> {
    query: &'a mut [R],
    key: &'a mut [R],
    value: &'a mut [R],
    relative: &'a mut [R],
    content_bias: &'a mut [R],
    position_bias: &'a mut [R],
}

fn size(shape: Shape, relative: bool) -> usize {
    let rows = 3 * shape.time + if relative { shape.time + 1 + 2 } else { 0 };
    rows * shape.width
}

impl<'a, R: Real> HeadGradients<'a, R> {
    fn split(shape: Shape, relative: bool, buffer: &'a mut [R]) -> Self {
        let (time, width) = (shape.time, shape.width);
        let mut rest = buffer;
        let mut take = |rows: usize| {
            let (part, after) = core::mem::take(&mut rest).split_at_mut(rows * width);
            rest = after;
            part
        };
        let [query, key, value] = [take(time), take(time), take(time)];
        let rows = if relative { [time + 1, 1, 1] } else { [0; 3] };
        let [relative, content_bias, position_bias] = rows.map(take);
        Self { query, key, value, relative, content_bias, position_bias }
    }
}

/// From the gradient of the output, `[groups, batch, time, heads, width]`, to those of the inputs.
pub(crate) fn backward<R: Real>(
    shape: Shape,
    inputs: Inputs<'_, R>,
    weights: &[R],
    gradient: &[R],
    gradients: &mut Gradients<'_, R>,
) {
    if gradient.is_empty() {
        return;
    }
    let distances = Distances::new(shape, inputs.relative);
    let relative = !distances.is_empty();
    let size = size(shape, relative);
    let heads = gradient.len() / (shape.time * shape.width);
    let mut buffer = zeros(heads * size);
    let tasks = buffer.par_chunks_mut(size).zip(weights.par_chunks(shape.weights()));
    tasks.enumerate().for_each_init(
        || (Scratch::new(shape), vec![R::ZERO; BLOCK * shape.width]),
        |(scratch, query), (task, (buffer, weights))| {
            let head = Head::new(shape, inputs, task);
            head.stage(2, scratch);
            // From here on the values are needed transposed only.
            let [_, sequence, _] = shape.place(task);
            let first = sequence * shape.time * shape.columns() + head.first;
            scratch.parts[2].take(&gradient[first..], shape.columns());
            head_backward(&head, &distances, scratch, query, weights, HeadGradients::split(shape, relative, buffer));
        },
    );
    scatter_qkv(shape, size, &buffer, gradients.qkv);
    if relative {
        sum_over_batch(shape, size, &buffer, gradients);
    }
}

/// The scratch's third part holds the gradient of the output.
fn head_backward<R: Real>(
    head: &Head<'_, R>,
    distances: &Distances<R>,
    scratch: &mut Scratch<R>,
    dquery: &mut [R],
    weights: &[R],
    to: HeadGradients<'_, R>,
) {
    let Shape { time, width, .. } = head.shape;
    let mut rest = weights;
    for (first, end) in head.shape.blocks() {
        let rows = end - first;
        let (block, after) = rest.split_at(rows * end);
        rest = after;
        let doutput = Matrix::new(&scratch.parts[2].data[first * width..], rows, width);
        let weights = Matrix::new(block, rows, end);
        multiply(to.value, width, Write::Add, weights.transposed(), doutput);
        multiply(&mut scratch.by_key, end, Write::Replace, doutput, scratch.transposed.columns(time, end));
        vectorized(
            #[inline(always)]
            || {
                head.queries((first, end), scratch);
                softmax_backward(!distances.is_empty(), first, end, block, scratch);
            },
        );
        let dlogits = Matrix::new(&scratch.by_key, rows, end);
        multiply(to.key, width, Write::Add, dlogits.transposed(), Matrix::new(&scratch.content_query, rows, width));
        multiply(dquery, width, Write::Replace, dlogits, scratch.parts[1].rows(end));
        query_gradient(head, first, &dquery[..rows * width], to.query, to.content_bias);
        if !distances.is_empty() {
            let dlogits = Matrix::new(&scratch.by_distance, rows, end);
            let query = Matrix::new(&scratch.position_query, rows, width);
            let from = (time + 1 - end) * width;
            multiply(&mut to.relative[from..], width, Write::Add, dlogits.transposed(), query);
            multiply(dquery, width, Write::Replace, dlogits, distances.rows(head.number, end));
            query_gradient(head, first, &dquery[..rows * width], to.query, to.position_bias);
        }
    }
}

/// dz = p (dp − Σ p dp), by key in place and by distance.
#[inline(always)]
fn softmax_backward<R: Real>(relative: bool, first: usize, end: usize, weights: &[R], scratch: &mut Scratch<R>) {
    let rows = scratch.by_key.chunks_exact_mut(end).zip(weights.chunks_exact(end));
    for (row, (gradient, weights)) in rows.enumerate() {
        let seen = first + row + 1;
        let average = sum(&gradient[..seen], &weights[..seen], |dp, p| dp * p);
        for (gradient, weight) in gradient[..seen].iter_mut().zip(weights) {
            *gradient = *weight * (*gradient - average);
        }
        gradient[seen..].fill(R::ZERO);
        if relative {
            let by_distance = &mut scratch.by_distance[row * end..(row + 1) * end];
            by_distance[..end - seen].fill(R::ZERO);
            by_distance[end - seen..].copy_from_slice(&gradient[..seen]);
        }
    }
}

/// Adds s ⊙ the gradient of a scaled query to that of the query, and its sum over the rows to that of the bias.
fn query_gradient<R: Real>(head: &Head<'_, R>, first: usize, scaled: &[R], query: &mut [R], bias: &mut [R]) {
    let width = head.shape.width;
    vectorized(
        #[inline(always)]
        || {
            for (scaled, query) in scaled.chunks_exact(width).zip(query[first * width..].chunks_exact_mut(width)) {
                for ((query, scaled), scale) in query.iter_mut().zip(scaled).zip(head.scale) {
                    *query += *scaled * *scale;
                }
                for ((bias, scaled), scale) in bias.iter_mut().zip(scaled).zip(head.scale) {
                    *bias += *scaled * *scale;
                }
            }
        },
    );
}

/// From the heads' buffers to rows `[sequence, time, 3, heads, width]`.
fn scatter_qkv<R: Real>(shape: Shape, size: usize, buffer: &[R], qkv: &mut [R]) {
    let (columns, width) = (shape.columns(), shape.width);
    qkv.par_chunks_mut(shape.time * 3 * columns).enumerate().for_each(|(sequence, rows)| {
        for (time, row) in rows.chunks_exact_mut(3 * columns).enumerate() {
            for (part, target) in row.chunks_exact_mut(width).enumerate() {
                let (part, head) = (part / shape.heads, part % shape.heads);
                let source = (sequence * shape.heads + head) * size + (part * shape.time + time) * width;
                target.copy_from_slice(&buffer[source..source + width]);
            }
        }
    });
}

/// Relative keys and biases are shared by the sequences of a group.
fn sum_over_batch<R: Real>(shape: Shape, size: usize, buffer: &[R], gradients: &mut Gradients<'_, R>) {
    let (columns, width, distances) = (shape.columns(), shape.width, shape.time + 1);
    let sum = |group: usize, row: usize, target: &mut [R]| {
        for sequence in group * shape.batch..(group + 1) * shape.batch {
            for (head, target) in target.chunks_exact_mut(width).enumerate() {
                let source = (sequence * shape.heads + head) * size + (3 * shape.time + row) * width;
                add(target, &buffer[source..source + width]);
            }
        }
    };
    gradients.relative.par_chunks_mut(columns).enumerate().for_each(|(i, target)| {
        sum(i / distances, i % distances, target);
    });
    for (row, bias) in [&mut *gradients.content_bias, &mut *gradients.position_bias].into_iter().enumerate() {
        for (group, target) in bias.chunks_exact_mut(columns).enumerate() {
            sum(group, distances + row, target);
        }
    }
}
