//! What one head reads, copied to where it stays in the cache.
//!
//! In memory the rows of a head are some kilobytes apart, often a power of two, so that they evict each other from the
//! first-level cache; every product reads them several times.

use super::distances::Distances;
use super::{BLOCK, Inputs, Shape, TILE, Tile};
use crate::slices::matrix::{Matrix, Write, multiply};
use crate::slices::real::Real;
use crate::slices::rotary::{Turn, turn};
use crate::slices::simd::{add, vectorized};

/// Added to the length of transposed rows, which would otherwise be powers of two apart as well.
pub(super) const GAP: usize = 16;

/// A copy of `[rows, width]`, or of its transpose.
pub(super) struct Copy<R> {
    pub(super) data: Vec<R>,
    width: usize,
}

impl<R: Real> Copy<R> {
    pub(super) fn new(rows: usize, width: usize) -> Self {
        Self { data: vec![R::ZERO; (rows + GAP) * width], width }
    }

    /// Copies `width` columns of rows that begin `stride` apart.
    pub(super) fn take(&mut self, source: &[R], stride: usize) {
        for (target, source) in self.data.chunks_exact_mut(self.width).zip(source.chunks(stride)) {
            target.copy_from_slice(&source[..target.len()]);
        }
    }

    pub(super) fn rows(&self, rows: core::ops::Range<usize>) -> Matrix<'_, R> {
        Matrix::new(&self.data[rows.start * self.width..], rows.len(), self.width)
    }

    pub(super) fn transpose(&mut self, source: &Self, rows: usize) {
        transpose(&source.data, rows, self.width, &mut self.data);
    }

    /// Some columns of the transpose of `[rows, width]`.
    pub(super) fn columns(&self, rows: usize, columns: core::ops::Range<usize>) -> Matrix<'_, R> {
        Matrix::strided(&self.data[columns.start..], self.width, columns.len(), rows + GAP)
    }
}

/// `[rows, width]` to `[width, rows + GAP]`.
pub(super) fn transpose<R: Real>(source: &[R], rows: usize, width: usize, target: &mut [R]) {
    for (i, source) in source.chunks_exact(width).take(rows).enumerate() {
        for (value, target) in source.iter().zip(target[i..].iter_mut().step_by(rows + GAP)) {
            *target = *value;
        }
    }
}

/// Turns rows of one head each, which follow each other in time; nothing without angles.
pub(super) fn turn_rows<R: Real>(rows: &mut [R], width: usize, angles: &[R], time: usize, way: Turn) {
    if angles.is_empty() {
        return;
    }
    let of_one = angles.len() / time;
    vectorized(
        #[inline(always)]
        || {
            for (head, angles) in rows.chunks_exact_mut(width).zip(angles.chunks_exact(of_one)) {
                turn(head, angles, way);
            }
        },
    );
}

/// A head's parameters, and where its rows are.
pub(super) struct Head<'a, R> {
    pub(super) shape: Shape,
    /// Which head of keys of which group.
    pub(super) number: usize,
    /// First of the columns of its queries, keys and values.
    parts: [usize; 3],
    rows: &'a [R],
    pub(super) scale: &'a [R],
    content_bias: &'a [R],
    position_bias: &'a [R],
    pub(super) angles: &'a [R],
}

impl<'a, R: Real> Head<'a, R> {
    pub(super) fn new(shape: Shape, inputs: Inputs<'a, R>, task: usize) -> Self {
        let [group, sequence, head] = shape.place(task);
        let (columns, width) = (shape.columns(), shape.width);
        let shared = head / (shape.queries / shape.keys);
        let size = shape.time * shape.all_columns();
        let bias = |bias: &'a [R]| match bias {
            [] => bias,
            _ => &bias[group * columns + head * width..][..width],
        };
        Self {
            shape,
            number: group * shape.keys + shared,
            parts: [head, shape.queries + shared, shape.queries + shape.keys + shared].map(|head| head * width),
            rows: &inputs.qkv[sequence * size..(sequence + 1) * size],
            scale: &inputs.scale[group * width..(group + 1) * width],
            content_bias: bias(inputs.content_bias),
            position_bias: bias(inputs.position_bias),
            angles: inputs.angles,
        }
    }

    /// Copies queries, keys and values, turns the former two, and transposes keys.
    pub(super) fn stage(&self, scratch: &mut Scratch<R>) {
        let Shape { time, width, .. } = self.shape;
        for (copy, first) in scratch.parts.iter_mut().zip(self.parts) {
            copy.take(&self.rows[first..], self.shape.all_columns());
        }
        for copy in &mut scratch.parts[..2] {
            turn_rows(&mut copy.data[..time * width], width, self.angles, time, Turn::Forward);
        }
        scratch.keys.transpose(&scratch.parts[1], time);
    }

    /// The queries of a block that meet keys, (q + u) ⊙ s, and those that meet relative keys, (q + v) ⊙ s.
    #[inline(always)]
    pub(super) fn queries(&self, (first, end): (usize, usize), scratch: &mut Scratch<R>) {
        let width = self.shape.width;
        let Scratch { parts: [query, ..], content_query, position_query, .. } = scratch;
        let rows = &query.data[first * width..end * width];
        scaled(rows, self.content_bias, self.scale, content_query);
        if !self.position_bias.is_empty() {
            scaled(rows, self.position_bias, self.scale, position_query);
        }
    }
}

#[inline(always)]
fn scaled<R: Real>(rows: &[R], bias: &[R], scale: &[R], target: &mut [R]) {
    let width = scale.len();
    for (row, target) in rows.chunks_exact(width).zip(target.chunks_exact_mut(width)) {
        for ((target, q), scale) in target.iter_mut().zip(row).zip(scale) {
            *target = *q * *scale;
        }
        for ((target, bias), scale) in target.iter_mut().zip(bias).zip(scale) {
            *target += *bias * *scale;
        }
    }
}

/// Buffers of one thread.
pub(super) struct Scratch<R> {
    /// Queries, keys and values.
    pub(super) parts: [Copy<R>; 3],
    /// The transpose of keys.
    pub(super) keys: Copy<R>,
    pub(super) content_query: Vec<R>,
    pub(super) position_query: Vec<R>,
    /// Logits of a tile by key, then weights.
    pub(super) by_key: Vec<R>,
    /// Logits of a tile by distance, or their gradients.
    pub(super) by_distance: Vec<R>,
}

impl<R: Real> Scratch<R> {
    pub(super) fn new(shape: Shape) -> Self {
        let zeros = |columns: usize| vec![R::ZERO; BLOCK * columns];
        let tile = shape.time.min(TILE);
        Self {
            parts: [(); 3].map(|()| Copy::new(shape.time, shape.width)),
            keys: Copy::new(shape.time, shape.width),
            content_query: zeros(shape.width),
            position_query: zeros(shape.width),
            by_key: zeros(tile),
            by_distance: zeros(tile + BLOCK),
        }
    }

    /// Logits of a tile, `[rows, keys]`, into `by_key`; those of keys that a row does not see have no meaning.
    pub(super) fn logits(&mut self, head: &Head<'_, R>, distances: &Distances<R>, tile: Tile) {
        let (width, rows, keys) = (head.shape.width, tile.rows(), tile.keys());
        let query = Matrix::new(&self.content_query, rows, width);
        let columns = self.keys.columns(head.shape.time, tile.from..tile.to);
        multiply(&mut self.by_key, keys, Write::Replace, query, columns);
        if distances.is_empty() {
            return;
        }
        let query = Matrix::new(&self.position_query, rows, width);
        let columns = distances.columns(head.number, tile);
        let count = tile.distances().len();
        multiply(&mut self.by_distance, count, Write::Replace, query, columns);
        let window = head.shape.window;
        vectorized(
            #[inline(always)]
            || {
                for (row, logits) in self.by_key.chunks_exact_mut(keys).take(rows).enumerate() {
                    let seen = tile.seen(row, window);
                    let from = row * count + tile.shift(row);
                    let by_distance = &self.by_distance[from + seen.start..from + seen.end];
                    add(&mut logits[seen], by_distance);
                }
            },
        );
    }
}
