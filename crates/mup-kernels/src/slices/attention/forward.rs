//! The forward pass of the causal attention.

use rayon::prelude::*;

use super::distances::Distances;
use super::head::{Head, Scratch};
use super::{BLOCK, Inputs, Shape, Tile};
use crate::pool::room;
use crate::slices::matrix::{Matrix, Write, multiply};
use crate::slices::real::Real;
use crate::slices::simd::{add, copy, larger, maximum, sum, vectorized};

/// Fills the output, `[groups, batch, time, queries, width]`, and log Σ exp of the logits of each head and query, `[groups,
/// batch, queries, time]`.
pub(crate) fn forward<R: Real>(shape: Shape, inputs: Inputs<'_, R>, output: &mut [R], log_sums: &mut [R]) {
    if output.is_empty() {
        return;
    }
    let distances = Distances::new(shape, inputs.relative, inputs.scale);
    let mut by_head = room(output.len());
    let heads = by_head.par_chunks_mut(shape.time * shape.width).zip(log_sums.par_chunks_mut(shape.time));
    heads.enumerate().for_each_init(
        || Scratch::new(shape),
        |scratch, (task, (output, log_sums))| {
            let head = Head::new(shape, inputs, task);
            head.stage(scratch);
            head_forward(&head, &distances, scratch, output, log_sums);
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
                let source = (sequence * shape.queries + head) * size + time * width;
                copy(target, &by_head[source..source + width]);
            }
        }
    });
}

fn head_forward<R: Real>(
    head: &Head<'_, R>,
    distances: &Distances<R>,
    scratch: &mut Scratch<R>,
    output: &mut [R],
    log_sums: &mut [R],
) {
    let Shape { width, window, .. } = head.shape;
    let relative = !distances.is_empty();
    for (first, end) in head.shape.blocks() {
        if relative {
            vectorized(
                #[inline(always)]
                || head.biased((first, end), scratch),
            );
        }
        let output = &mut output[first * width..end * width];
        let mut softmax = Softmax::new();
        for (number, tile) in head.shape.tiles((first, end)).enumerate() {
            scratch.logits(head, distances, tile);
            let weights = &mut scratch.by_key[..tile.rows() * tile.keys()];
            let by_distance = |row: usize| tile.by_distance(&scratch.by_distance, relative, row);
            vectorized(
                #[inline(always)]
                || softmax.take((tile, window), weights, by_distance, output, number == 0),
            );
            let write = if number == 0 { Write::Replace } else { Write::Add };
            let weights = Matrix::new(weights, tile.rows(), tile.keys());
            multiply(output, width, write, weights, scratch.parts[2].rows(tile.from..tile.to));
        }
        vectorized(
            #[inline(always)]
            || softmax.finish(output, &mut log_sums[first..end]),
        );
    }
}

/// Softmax of the rows of a block over tiles of keys that come one after another.
struct Softmax<R> {
    /// The largest logit so far.
    largest: [R; BLOCK],
    /// Σ exp(logit − largest).
    sums: [R; BLOCK],
}

impl<R: Real> Softmax<R> {
    fn new() -> Self {
        Self { largest: [R::of(f64::NEG_INFINITY); BLOCK], sums: [R::ZERO; BLOCK] }
    }

    /// Logits, with those by distance added, become exp(logit − largest), those that are not seen 0; the output so far is brought to the new largest logit.
    #[inline(always)]
    fn take<'a>(
        &mut self,
        (tile, window): (Tile, usize),
        logits: &mut [R],
        by_distance: impl Fn(usize) -> &'a [R],
        output: &mut [R],
        is_first: bool,
    ) {
        let width = output.len() / tile.rows();
        let rows = logits.chunks_exact_mut(tile.keys()).zip(output.chunks_exact_mut(width));
        for (row, (logits, output)) in rows.enumerate() {
            let seen = tile.seen(row, window);
            add(logits, by_distance(row));
            let before = self.largest[row];
            let largest = larger(before, maximum(&logits[seen.clone()]));
            // Rows without a finite logit so far have nothing to bring, and −∞ − (−∞) is not a number.
            let shift = if largest == R::of(f64::NEG_INFINITY) { R::ZERO } else { largest };
            // Of all keys, since rows of one length need no rest; then hidden ones are 0.
            for logit in logits.iter_mut() {
                *logit = (*logit - shift).exp();
            }
            logits[..seen.start].fill(R::ZERO);
            logits[seen.end..].fill(R::ZERO);
            let added = sum(logits, logits, |weight, _| weight);
            if is_first {
                self.sums[row] = added;
            } else {
                let factor = (before - shift).exp();
                self.sums[row] = self.sums[row] * factor + added;
                output.iter_mut().for_each(|y| *y = *y * factor);
            }
            self.largest[row] = largest;
        }
    }

    #[inline(always)]
    fn finish(&self, output: &mut [R], log_sums: &mut [R]) {
        let width = output.len() / log_sums.len();
        for (row, (output, log_sum)) in output.chunks_exact_mut(width).zip(log_sums).enumerate() {
            let scale = R::ONE / self.sums[row];
            output.iter_mut().for_each(|y| *y = *y * scale);
            *log_sum = self.largest[row] + self.sums[row].ln();
        }
    }
}
