//! The backward pass of the causal attention.

use rayon::prelude::*;

use super::distances::Distances;
use super::head::{Copy, Head, Scratch, turn_rows};
use super::{BLOCK, Inputs, Shape, TILE, Tile};
use crate::pool::zeros;
use crate::slices::matrix::{Matrix, Write, multiply};
use crate::slices::real::Real;
use crate::slices::rotary::Turn;
use crate::slices::simd::{add, sum, vectorized};

/// Gradients of an attention's inputs, shaped as [`Inputs`]; without relative positions the last three are empty.
#[derive(Debug)]
pub(crate) struct Gradients<'a, R> {
    pub(crate) qkv: &'a mut [R],
    pub(crate) relative: &'a mut [R],
    pub(crate) content_bias: &'a mut [R],
    pub(crate) position_bias: &'a mut [R],
}

/// What the forward pass left, and the gradient of its output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saved<'a, R> {
    pub(crate) output: &'a [R],
    pub(crate) log_sums: &'a [R],
    pub(crate) gradient: &'a [R],
}

/// Gradients of one head, in one buffer.
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

/// What a thread needs beside the scratch of the forward pass.
struct Extra<R> {
    /// The transpose of values.
    values: Copy<R>,
    /// The gradient of the head's output.
    gradient: Copy<R>,
    /// Σ of it times the output, of each query.
    averages: Vec<R>,
    /// Gradients of a tile's weights, then of its logits.
    by_key: Vec<R>,
    /// Of a block's queries.
    query: Vec<R>,
}

impl<R: Real> Extra<R> {
    fn new(shape: Shape) -> Self {
        Self {
            values: Copy::new(shape.time, shape.width),
            gradient: Copy::new(shape.time, shape.width),
            averages: vec![R::ZERO; shape.time],
            by_key: vec![R::ZERO; BLOCK * shape.time.min(TILE)],
            query: vec![R::ZERO; BLOCK * shape.width],
        }
    }

    fn stage(&mut self, shape: Shape, task: usize, scratch: &Scratch<R>, saved: Saved<'_, R>) {
        let [_, sequence, head] = shape.place(task);
        let (columns, width) = (shape.columns(), shape.width);
        let first = sequence * shape.time * columns + head * width;
        self.values.transpose(&scratch.parts[2], shape.time);
        self.gradient.take(&saved.gradient[first..], columns);
        let rows = self.gradient.data.chunks_exact(width).zip(saved.output[first..].chunks(columns));
        vectorized(
            #[inline(always)]
            || {
                for (average, (gradient, output)) in self.averages.iter_mut().zip(rows) {
                    *average = sum(gradient, &output[..width], |gradient, output| gradient * output);
                }
            },
        );
    }
}

/// From the gradient of the output to those of the inputs.
pub(crate) fn backward<R: Real>(
    shape: Shape,
    inputs: Inputs<'_, R>,
    saved: Saved<'_, R>,
    gradients: &mut Gradients<'_, R>,
) {
    if saved.gradient.is_empty() {
        return;
    }
    let distances = Distances::new(shape, inputs.relative);
    let relative = !distances.is_empty();
    let size = size(shape, relative);
    let heads = saved.gradient.len() / (shape.time * shape.width);
    let mut buffer = zeros(heads * size);
    let tasks = buffer.par_chunks_mut(size).zip(saved.log_sums.par_chunks(shape.time));
    tasks.enumerate().for_each_init(
        || (Scratch::new(shape), Extra::new(shape)),
        |(scratch, extra), (task, (buffer, log_sums))| {
            let head = Head::new(shape, inputs, task);
            head.stage(scratch);
            extra.stage(shape, task, scratch, saved);
            let mut to = HeadGradients::split(shape, relative, buffer);
            for block in shape.blocks() {
                block_backward(&head, &distances, (scratch, extra), log_sums, block, &mut to);
            }
            for part in [to.query, to.key] {
                turn_rows(part, shape.width, head.angles, shape.time, Turn::Back);
            }
        },
    );
    scatter_qkv(shape, size, &buffer, gradients.qkv);
    if relative {
        sum_over_batch(shape, size, &buffer, gradients);
    }
}

fn block_backward<R: Real>(
    head: &Head<'_, R>,
    distances: &Distances<R>,
    (scratch, extra): (&mut Scratch<R>, &mut Extra<R>),
    log_sums: &[R],
    (first, end): (usize, usize),
    to: &mut HeadGradients<'_, R>,
) {
    let Shape { time, width, window, .. } = head.shape;
    vectorized(
        #[inline(always)]
        || head.queries((first, end), scratch),
    );
    for tile in head.shape.tiles((first, end)) {
        let (rows, keys) = (tile.rows(), tile.keys());
        scratch.logits(head, distances, tile);
        vectorized(
            #[inline(always)]
            || weights(tile, window, &log_sums[first..end], &mut scratch.by_key),
        );
        let doutput = extra.gradient.rows(first..end);
        let block = Matrix::new(&scratch.by_key, rows, keys);
        multiply(&mut to.value[tile.from * width..], width, Write::Add, block.transposed(), doutput);
        let values = extra.values.columns(time, tile.from..tile.to);
        multiply(&mut extra.by_key, keys, Write::Replace, doutput, values);
        vectorized(
            #[inline(always)]
            || {
                let relative = !distances.is_empty();
                softmax_backward((tile, window), &extra.averages[first..end], scratch, &mut extra.by_key, relative);
            },
        );
        let dlogits = Matrix::new(&extra.by_key, rows, keys);
        let query = Matrix::new(&scratch.content_query, rows, width);
        multiply(&mut to.key[tile.from * width..], width, Write::Add, dlogits.transposed(), query);
        multiply(&mut extra.query, width, Write::Replace, dlogits, scratch.parts[1].rows(tile.from..tile.to));
        query_gradient(head, first, &extra.query[..rows * width], to.query, to.content_bias);
        if !distances.is_empty() {
            let dlogits = Matrix::new(&scratch.by_distance, rows, tile.distances().len());
            let query = Matrix::new(&scratch.position_query, rows, width);
            let from = distances.first(tile) * width;
            multiply(&mut to.relative[from..], width, Write::Add, dlogits.transposed(), query);
            multiply(&mut extra.query, width, Write::Replace, dlogits, distances.rows(head.number, tile));
            query_gradient(head, first, &extra.query[..rows * width], to.query, to.position_bias);
        }
    }
}

/// From logits to weights, p = exp(z − log Σ exp z); 0 for keys that are not seen.
#[inline(always)]
fn weights<R: Real>(tile: Tile, window: usize, log_sums: &[R], logits: &mut [R]) {
    for (row, (logits, log_sum)) in logits.chunks_exact_mut(tile.keys()).zip(log_sums).enumerate() {
        let seen = tile.seen(row, window);
        logits[..seen.start].fill(R::ZERO);
        logits[seen.end..].fill(R::ZERO);
        for logit in &mut logits[seen] {
            *logit = (*logit - *log_sum).exp();
        }
    }
}

/// dz = p (dp − Σ p dp), by key in place and by distance.
#[inline(always)]
fn softmax_backward<R: Real>(
    (tile, window): (Tile, usize),
    averages: &[R],
    scratch: &mut Scratch<R>,
    gradients: &mut [R],
    relative: bool,
) {
    let (keys, count) = (tile.keys(), tile.distances().len());
    let rows = gradients.chunks_exact_mut(keys).zip(scratch.by_key.chunks_exact(keys)).zip(averages);
    for (row, ((gradients, weights), average)) in rows.enumerate() {
        let seen = tile.seen(row, window);
        gradients[..seen.start].fill(R::ZERO);
        gradients[seen.end..].fill(R::ZERO);
        for (gradient, weight) in gradients[seen.clone()].iter_mut().zip(&weights[seen.clone()]) {
            *gradient = *weight * (*gradient - *average);
        }
        if relative {
            let by_distance = &mut scratch.by_distance[row * count..(row + 1) * count];
            let columns = tile.shift(row) + seen.start..tile.shift(row) + seen.end;
            by_distance[..columns.start].fill(R::ZERO);
            by_distance[columns.end..].fill(R::ZERO);
            by_distance[columns].copy_from_slice(&gradients[seen]);
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

/// From the heads' buffers to rows `[sequence, time, queries + 2 keys, width]`; those of a head of keys are summed.
fn scatter_qkv<R: Real>(shape: Shape, size: usize, buffer: &[R], qkv: &mut [R]) {
    let Shape { time, queries, keys, width, .. } = shape;
    let share = queries / keys;
    qkv.par_chunks_mut(time * shape.all_columns()).enumerate().for_each(|(sequence, rows)| {
        for (now, row) in rows.chunks_exact_mut(shape.all_columns()).enumerate() {
            for (column, target) in row.chunks_exact_mut(width).enumerate() {
                let (part, heads) = match column.checked_sub(queries) {
                    None => (0, column..column + 1),
                    Some(shared) => (1 + shared / keys, shared % keys * share..(shared % keys + 1) * share),
                };
                for (number, head) in heads.enumerate() {
                    let source = (sequence * queries + head) * size + (part * time + now) * width;
                    let source = &buffer[source..source + width];
                    if number == 0 { target.copy_from_slice(source) } else { add(target, source) }
                }
            }
        }
    });
}

/// Relative keys and biases are shared by the sequences of a group, the former also by the heads of one head of keys.
fn sum_over_batch<R: Real>(shape: Shape, size: usize, buffer: &[R], gradients: &mut Gradients<'_, R>) {
    let Shape { time, queries, keys, width, .. } = shape;
    // Adds up a row of the buffers of the heads that share each part of the target.
    let sum = |group: usize, row: usize, share: usize, target: &mut [R]| {
        for sequence in group * shape.batch..(group + 1) * shape.batch {
            for (part, target) in target.chunks_exact_mut(width).enumerate() {
                for head in part * share..(part + 1) * share {
                    let source = (sequence * queries + head) * size + (3 * time + row) * width;
                    add(target, &buffer[source..source + width]);
                }
            }
        }
    };
    gradients.relative.par_chunks_mut(keys * width).enumerate().for_each(|(i, target)| {
        sum(i / (time + 1), i % (time + 1), queries / keys, target);
    });
    for (row, bias) in [&mut *gradients.content_bias, &mut *gradients.position_bias].into_iter().enumerate() {
        for (group, target) in bias.chunks_exact_mut(queries * width).enumerate() {
            sum(group, time + 1 + row, 1, target);
        }
    }
}
