//! Causal attention with relative positions, one head at a time and in blocks of queries.
//!
//! For query i and key j ≤ i the logit is Σ_c s_c [(q_i + u)_c (k_j)_c + (q_i + v)_c (r_{i−j})_c]. A block of queries needs
//! the keys up to its last one and the same number of distances, so about half of both products is never computed, and the
//! shift from distances to keys is an offset in a row that is in the cache: no mask, no shifted copy.
//!
//! # Reference
//!
//! Dai et al., "Transformer-XL", arXiv:1901.02860, section 3.3 and Appendix B.

mod backward;

use rayon::prelude::*;

use super::matrix::{Matrix, Write, multiply};
use super::real::Real;
use super::simd::{maximum, sum, vectorized};

pub(crate) use backward::{Gradients, backward};

/// Queries that are handled at a time.
const BLOCK: usize = 32;

/// Queries, keys and values are the columns of `qkv`, `[groups, batch, time, 3, heads, width]`. Relative keys are `[groups,
/// time + 1, heads, width]`, from distance `time`, which no query uses, to 0. The biases are `[groups, heads, width]` and the
/// scale is `[groups, width]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) batch: usize,
    pub(crate) time: usize,
    pub(crate) heads: usize,
    pub(crate) width: usize,
}

impl Shape {
    /// Columns of all heads.
    fn columns(self) -> usize {
        self.heads * self.width
    }

    /// Number of attention weights of one head of one sequence: block rows, without the keys that no query of a block sees.
    pub(crate) fn weights(self) -> usize {
        self.blocks().map(|(first, end)| (end - first) * end).sum()
    }

    /// First query and end of each block.
    fn blocks(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.time).step_by(BLOCK).map(move |first| (first, (first + BLOCK).min(self.time)))
    }

    /// Number of the head's group, its sequence in all groups, and its number in the model.
    fn place(self, task: usize) -> [usize; 3] {
        [task / (self.batch * self.heads), task / self.heads, task % self.heads]
    }
}

/// The tensors that an attention reads; without relative positions the last three are empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a, R> {
    pub(crate) qkv: &'a [R],
    pub(crate) scale: &'a [R],
    pub(crate) relative: &'a [R],
    pub(crate) content_bias: &'a [R],
    pub(crate) position_bias: &'a [R],
}

/// What one head reads.
struct Head<'a, R> {
    shape: Shape,
    rows: &'a [R],
    head: usize,
    scale: &'a [R],
    relative: &'a [R],
    content_bias: &'a [R],
    position_bias: &'a [R],
}

impl<'a, R: Real> Head<'a, R> {
    fn new(shape: Shape, inputs: Inputs<'a, R>, task: usize) -> Self {
        let [group, sequence, head] = shape.place(task);
        let (columns, width) = (shape.columns(), shape.width);
        let size = shape.time * 3 * columns;
        let bias = |bias: &'a [R]| match bias {
            [] => bias,
            _ => &bias[group * columns + head * width..][..width],
        };
        let relative = match inputs.relative {
            [] => inputs.relative,
            all => &all[group * (shape.time + 1) * columns..][..(shape.time + 1) * columns],
        };
        Self {
            shape,
            rows: &inputs.qkv[sequence * size..(sequence + 1) * size],
            head,
            scale: &inputs.scale[group * width..(group + 1) * width],
            relative,
            content_bias: bias(inputs.content_bias),
            position_bias: bias(inputs.position_bias),
        }
    }

    fn is_relative(&self) -> bool {
        !self.relative.is_empty()
    }

    fn part(&self, part: usize, rows: usize) -> Matrix<'a, R> {
        let columns = self.shape.columns();
        Matrix::strided(
            &self.rows[part * columns + self.head * self.shape.width..],
            rows,
            self.shape.width,
            3 * columns,
        )
    }

    /// The first keys.
    fn keys(&self, count: usize) -> Matrix<'a, R> {
        self.part(1, count)
    }

    /// The first values.
    fn values(&self, count: usize) -> Matrix<'a, R> {
        self.part(2, count)
    }

    /// The relative keys of distances `count − 1` to 0.
    fn relative(&self, count: usize) -> Matrix<'a, R> {
        let (columns, width) = (self.shape.columns(), self.shape.width);
        let first = self.shape.time + 1 - count;
        Matrix::strided(&self.relative[first * columns + self.head * width..], count, width, columns)
    }

    /// (q + bias) ⊙ s for the queries of a block.
    #[inline(always)]
    fn queries(&self, (first, end): (usize, usize), bias: &[R], target: &mut [R]) {
        let (columns, width) = (self.shape.columns(), self.shape.width);
        for (query, target) in (first..end).zip(target.chunks_exact_mut(width)) {
            let row = &self.rows[query * 3 * columns + self.head * width..][..width];
            for ((target, q), scale) in target.iter_mut().zip(row).zip(self.scale) {
                *target = *q * *scale;
            }
            for ((target, bias), scale) in target.iter_mut().zip(bias).zip(self.scale) {
                *target += *bias * *scale;
            }
        }
    }

    /// The queries that meet keys and those that meet relative keys.
    #[inline(always)]
    fn both_queries(&self, block: (usize, usize), scratch: &mut Scratch<R>) {
        self.queries(block, self.content_bias, &mut scratch.content_query);
        if self.is_relative() {
            self.queries(block, self.position_bias, &mut scratch.position_query);
        }
    }
}

/// Buffers of one thread, which stay in its cache.
struct Scratch<R> {
    content_query: Vec<R>,
    position_query: Vec<R>,
    /// Logits by key, or their gradients.
    by_key: Vec<R>,
    /// Logits by distance, or their gradients.
    by_distance: Vec<R>,
}

impl<R: Real> Scratch<R> {
    fn new(shape: Shape) -> Self {
        let zeros = |columns: usize| vec![R::ZERO; BLOCK * columns];
        Self {
            content_query: zeros(shape.width),
            position_query: zeros(shape.width),
            by_key: zeros(shape.time),
            by_distance: zeros(shape.time),
        }
    }
}

/// Fills the output, `[groups, batch, time, heads, width]`, and the attention weights that the backward pass needs, by head
/// and block.
pub(crate) fn forward<R: Real>(shape: Shape, inputs: Inputs<'_, R>, output: &mut [R], weights: &mut [R]) {
    if output.is_empty() {
        return;
    }
    let mut by_head = vec![R::ZERO; output.len()];
    let heads = by_head.par_chunks_mut(shape.time * shape.width).zip(weights.par_chunks_mut(shape.weights()));
    heads.enumerate().for_each_init(
        || Scratch::new(shape),
        |scratch, (task, (output, weights))| head(&Head::new(shape, inputs, task), scratch, output, weights),
    );
    gather(shape, &by_head, shape.columns(), output);
}

/// From `[sequence, head, time, width]` to the columns of the heads in rows `[sequence, time]` of the given length.
fn gather<R: Real>(shape: Shape, by_head: &[R], row: usize, target: &mut [R]) {
    let (size, width) = (shape.time * shape.width, shape.width);
    target.par_chunks_mut(shape.time * row).enumerate().for_each(|(sequence, target)| {
        for (time, target) in target.chunks_mut(row).enumerate() {
            for (head, target) in target[..shape.columns()].chunks_exact_mut(width).enumerate() {
                let source = (sequence * shape.heads + head) * size + time * width;
                target.copy_from_slice(&by_head[source..source + width]);
            }
        }
    });
}

fn head<R: Real>(head: &Head<'_, R>, scratch: &mut Scratch<R>, output: &mut [R], weights: &mut [R]) {
    let width = head.shape.width;
    let mut rest = weights;
    for (first, end) in head.shape.blocks() {
        let rows = end - first;
        let (block, after) = rest.split_at_mut(rows * end);
        rest = after;
        vectorized(
            #[inline(always)]
            || head.both_queries((first, end), scratch),
        );
        let query = Matrix::new(&scratch.content_query, rows, width);
        multiply(block, end, Write::Replace, query, head.keys(end).transposed());
        if head.is_relative() {
            let query = Matrix::new(&scratch.position_query, rows, width);
            multiply(&mut scratch.by_distance, end, Write::Replace, query, head.relative(end).transposed());
        }
        vectorized(
            #[inline(always)]
            || {
                for (row, weights) in block.chunks_exact_mut(end).enumerate() {
                    // The last entry of a row by distance is distance 0, the key of the query itself.
                    let seen = first + row + 1;
                    let by_distance = head.is_relative().then(|| &scratch.by_distance[row * end..][end - seen..end]);
                    softmax(weights, by_distance, seen);
                }
            },
        );
        multiply(&mut output[first * width..], width, Write::Replace, Matrix::new(block, rows, end), head.values(end));
    }
}

/// Softmax of the first `seen` logits, with those by distance added; the others become 0.
#[inline(always)]
fn softmax<R: Real>(logits: &mut [R], by_distance: Option<&[R]>, seen: usize) {
    let (logits, hidden) = logits.split_at_mut(seen);
    hidden.fill(R::ZERO);
    if let Some(by_distance) = by_distance {
        super::simd::add(logits, by_distance);
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
