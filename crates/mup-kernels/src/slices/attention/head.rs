//! What one head reads, copied to where it stays in the cache.
//!
//! In memory the rows of a head are some kilobytes apart, often a power of two, so that they evict each other from the
//! first-level cache; every product reads them several times.

use super::distances::Distances;
use super::{BLOCK, Inputs, Shape, TILE, Tile};
use crate::slices::matrix::{Matrix, Write, multiply};
use crate::slices::real::Real;
use crate::slices::rotary::{Turn, turn};
use crate::slices::simd::{copy, vectorized};

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
            copy(target, &source[..self.width]);
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

    /// Copies queries, keys and values, turns the former two, scales keys and transposes them.
    pub(super) fn stage(&self, scratch: &mut Scratch<R>) {
        let Shape { time, width, .. } = self.shape;
        for (copy, first) in scratch.parts.iter_mut().zip(self.parts) {
            copy.take(&self.rows[first..], self.shape.all_columns());
        }
        for copy in &mut scratch.parts[..2] {
            turn_rows(&mut copy.data[..time * width], width, self.angles, time, Turn::Forward);
        }
        scale_rows(&mut scratch.parts[1].data[..time * width], self.scale);
        scratch.keys.transpose(&scratch.parts[1], time);
    }

    /// With relative positions, the queries of a block that meet keys, q + u, and those that meet relative keys, q + v.
    #[inline(always)]
    pub(super) fn biased(&self, (first, end): (usize, usize), scratch: &mut Scratch<R>) {
        let width = self.shape.width;
        let Scratch { parts: [query, ..], content_query, position_query, .. } = scratch;
        let rows = &query.data[first * width..end * width];
        for (bias, target) in [(self.content_bias, content_query), (self.position_bias, position_query)] {
            for (row, target) in rows.chunks_exact(width).zip(target.chunks_exact_mut(width)) {
                for ((target, q), bias) in target.iter_mut().zip(row).zip(bias) {
                    *target = *q + *bias;
                }
            }
        }
    }
}

/// Every row times the scale.
pub(super) fn scale_rows<R: Real>(rows: &mut [R], scale: &[R]) {
    vectorized(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(scale.len()) {
                row.iter_mut().zip(scale).for_each(|(x, scale)| *x = *x * *scale);
            }
        },
    );
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

    /// Queries of a block that meet keys.
    pub(super) fn content_query(&self, relative: bool, (first, end): (usize, usize)) -> Matrix<'_, R> {
        match relative {
            true => Matrix::new(&self.content_query, end - first, self.parts[0].width),
            false => self.parts[0].rows(first..end),
        }
    }

    /// Logits of a tile, `[rows, keys]`, into `by_key`, and those by distance, which are to be added, into `by_distance`. Those
    /// of keys that a row does not see have no meaning.
    pub(super) fn logits(&mut self, head: &Head<'_, R>, distances: &Distances<R>, tile: Tile) {
        let mut by_key = core::mem::take(&mut self.by_key);
        let query = self.content_query(!distances.is_empty(), (tile.first, tile.end));
        let columns = self.keys.columns(head.shape.time, tile.from..tile.to);
        multiply(&mut by_key, tile.keys(), Write::Replace, query, columns);
        self.by_key = by_key;
        if !distances.is_empty() {
            let query = Matrix::new(&self.position_query, tile.rows(), head.shape.width);
            let columns = distances.columns(head.number, tile);
            multiply(&mut self.by_distance, tile.distances().len(), Write::Replace, query, columns);
        }
    }
}

impl Tile {
    /// What has to be added to a row of logits: those by distance, or nothing. Beyond the last distance, where no key is seen,
    /// it is what follows in the buffer.
    #[inline(always)]
    pub(super) fn by_distance<R>(self, by_distance: &[R], relative: bool, row: usize) -> &[R] {
        if !relative {
            return &[];
        }
        &by_distance[row * self.distances().len() + self.shift(row)..][..self.keys()]
    }
}
