//! The backward pass of the causal attention.

use rayon::prelude::*;

use super::distances::Distances;
use super::head::{Copy, Head, Scratch, scale_rows, turn_rows};
use super::{BLOCK, Inputs, Shape, TILE, Tile};
use crate::pool::room;
use crate::slices::matrix::{Matrix, Write, multiply};
use crate::slices::real::Real;
use crate::slices::rotary::Turn;
use crate::slices::simd::{add, copy, sum, vectorized};

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

    /// What the last block does with keys, values and distances, which is the first to come: it sees all of them, unless
    /// there is more than a tile or a window.
    fn start(&mut self, shape: Shape) -> Write {
        self.content_bias.fill(R::ZERO);
        self.position_bias.fill(R::ZERO);
        if shape.time <= TILE.min(shape.window) {
            // The distance that no query uses.
            self.relative.iter_mut().take(shape.width).for_each(|value| *value = R::ZERO);
            return Write::Replace;
        }
        [&mut *self.key, self.value, self.relative].into_iter().for_each(|part| part.fill(R::ZERO));
        Write::Add
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
    let distances = Distances::new(shape, inputs.relative, inputs.scale);
    let relative = !distances.is_empty();
    let size = size(shape, relative);
    let heads = saved.gradient.len() / (shape.time * shape.width);
    let mut buffer = room(heads * size);
    let tasks = buffer.par_chunks_mut(size).zip(saved.log_sums.par_chunks(shape.time));
    tasks.enumerate().for_each_init(
        || (Scratch::new(shape), Extra::new(shape)),
        |(scratch, extra), (task, (buffer, log_sums))| {
            let head = Head::new(shape, inputs, task);
            head.stage(scratch);
            extra.stage(shape, task, scratch, saved);
            let mut to = HeadGradients::split(shape, relative, buffer);
            let mut write = to.start(shape);
            for block in shape.blocks().rev() {
                block_backward(&head, &distances, (scratch, extra), log_sums, block, (&mut to, write));
                write = Write::Add;
            }
            scale_rows(to.key, head.scale);
            for part in [to.query, to.key] {
                turn_rows(part, shape.width, head.angles, shape.time, Turn::Back);
            }
        },
    );
    scatter_qkv(shape, size, &buffer, gradients.qkv);
    if relative {
        sum_over_batch(shape, size, &buffer, inputs.scale, gradients);
    }
}

fn block_backward<R: Real>(
    head: &Head<'_, R>,
    distances: &Distances<R>,
    (scratch, extra): (&mut Scratch<R>, &mut Extra<R>),
    log_sums: &[R],
    (first, end): (usize, usize),
    (to, write): (&mut HeadGradients<'_, R>, Write),
) {
    let (relative, width) = (!distances.is_empty(), head.shape.width);
    if relative {
        vectorized(
            #[inline(always)]
            || head.biased((first, end), scratch),
        );
    }
    for (number, tile) in head.shape.tiles((first, end)).enumerate() {
        let (rows, keys) = (tile.rows(), tile.keys());
        dlogits(head, distances, (scratch, extra), log_sums, tile, (to.value, write));
        let dlogits = Matrix::new(&extra.by_key, rows, keys);
        let query = scratch.content_query(relative, (first, end));
        multiply(&mut to.key[tile.from * width..], width, write, dlogits.transposed(), query);
        let of_query = if number == 0 { Write::Replace } else { Write::Add };
        let key = scratch.parts[1].rows(tile.from..tile.to);
        multiply(&mut to.query[first * width..end * width], width, of_query, dlogits, key);
        if relative {
            let dlogits = Matrix::new(&scratch.by_distance, rows, tile.distances().len());
            let query = Matrix::new(&scratch.position_query, rows, width);
            let from = distances.first(tile) * width;
            multiply(&mut to.relative[from..], width, write, dlogits.transposed(), query);
            multiply(&mut extra.query, width, of_query, dlogits, distances.rows(head.number, tile));
        }
    }
    if relative {
        let position = &extra.query[..(end - first) * width];
        vectorized(
            #[inline(always)]
            || {
                let rows = to.query[first * width..].chunks_exact_mut(width).zip(position.chunks_exact(width));
                for (query, position) in rows {
                    add(to.content_bias, query);
                    add(to.position_bias, position);
                    add(query, position);
                }
            },
        );
    }
}

/// Weights of a tile again, what they give to the gradients of values, and the gradients of logits, by key and by distance.
fn dlogits<R: Real>(
    head: &Head<'_, R>,
    distances: &Distances<R>,
    (scratch, extra): (&mut Scratch<R>, &mut Extra<R>),
    log_sums: &[R],
    tile: Tile,
    (to_value, write): (&mut [R], Write),
) {
    let Shape { time, width, window, .. } = head.shape;
    let (queries, relative) = (tile.first..tile.end, !distances.is_empty());
    scratch.logits(head, distances, tile);
    let Scratch { by_key, by_distance, .. } = scratch;
    vectorized(
        #[inline(always)]
        || {
            weights((tile, window), &log_sums[queries.clone()], by_key, |row| {
                tile.by_distance(by_distance, relative, row)
            })
        },
    );
    let doutput = extra.gradient.rows(queries.clone());
    let weights = Matrix::new(by_key, tile.rows(), tile.keys());
    multiply(&mut to_value[tile.from * width..], width, write, weights.transposed(), doutput);
    let values = extra.values.columns(time, tile.from..tile.to);
    multiply(&mut extra.by_key, tile.keys(), Write::Replace, doutput, values);
    vectorized(
        #[inline(always)]
        || softmax_backward((tile, window), &extra.averages[queries], scratch, &mut extra.by_key, relative),
    );
}

/// From logits, by key and by distance, to weights, p = exp(z − log Σ exp z); 0 for keys that are not seen.
#[inline(always)]
fn weights<'a, R: Real>(
    (tile, window): (Tile, usize),
    log_sums: &[R],
    logits: &mut [R],
    by_distance: impl Fn(usize) -> &'a [R],
) {
    for (row, (logits, log_sum)) in logits.chunks_exact_mut(tile.keys()).zip(log_sums).enumerate() {
        let seen = tile.seen(row, window);
        add(logits, by_distance(row));
        for logit in logits.iter_mut() {
            *logit = (*logit - *log_sum).exp();
        }
        logits[..seen.start].fill(R::ZERO);
        logits[seen.end..].fill(R::ZERO);
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
        for (gradient, weight) in gradients.iter_mut().zip(weights) {
            *gradient = *weight * (*gradient - *average);
        }
        // A weight of 0 does not make 0 of what is not finite.
        gradients[..seen.start].fill(R::ZERO);
        gradients[seen.end..].fill(R::ZERO);
        if relative {
            let by_distance = &mut scratch.by_distance[row * count..(row + 1) * count];
            let columns = tile.shift(row) + seen.start..tile.shift(row) + seen.end;
            by_distance[..columns.start].fill(R::ZERO);
            by_distance[columns.end..].fill(R::ZERO);
            by_distance[columns].copy_from_slice(&gradients[seen]);
        }
    }
}

/// From the heads' buffers to rows `[sequence, time, queries + 2 keys, width]`; those of a head of keys are summed.
fn scatter_qkv<R: Real>(shape: Shape, size: usize, buffer: &[R], qkv: &mut [R]) {
    let Shape { time, queries, keys, width, .. } = shape;
    let share = queries / keys;
    let parts = [(0, queries, 1), (1, keys, share), (2, keys, share)];
    qkv.par_chunks_mut(time * shape.all_columns()).enumerate().for_each(|(sequence, rows)| {
        for (now, row) in rows.chunks_exact_mut(shape.all_columns()).enumerate() {
            let mut targets = row.chunks_exact_mut(width);
            for (part, heads, share) in parts {
                let mut source = sequence * queries * size + (part * time + now) * width;
                for target in targets.by_ref().take(heads) {
                    copy(target, &buffer[source..source + width]);
                    for _ in 1..share {
                        source += size;
                        add(target, &buffer[source..source + width]);
                    }
                    source += size;
                }
            }
        }
    });
}

/// Relative keys and biases are shared by the sequences of a group, the former also by the heads of one head of keys.
fn sum_over_batch<R: Real>(shape: Shape, size: usize, buffer: &[R], scale: &[R], gradients: &mut Gradients<'_, R>) {
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
        let group = i / (time + 1);
        sum(group, i % (time + 1), queries / keys, target);
        scale_rows(target, &scale[group * width..(group + 1) * width]);
    });
    for (row, bias) in [&mut *gradients.content_bias, &mut *gradients.position_bias].into_iter().enumerate() {
        for (group, target) in bias.chunks_exact_mut(queries * width).enumerate() {
            sum(group, time + 1 + row, 1, target);
        }
    }
}
