//! What one head reads, copied to where it stays in the cache.
//!
//! In memory the rows of a head are some kilobytes apart, often a power of two, so that they evict each other from the
//! first-level cache; every product reads them several times.

use rayon::prelude::*;

use super::{BLOCK, Inputs, Shape};
use crate::pool::{Buffer, room};
use crate::slices::matrix::Matrix;
use crate::slices::real::Real;

/// Added to the length of transposed rows, which would otherwise be powers of two apart as well.
const GAP: usize = 16;

/// A copy of `[rows, width]`, or of its transpose.
pub(super) struct Copy<R> {
    pub(super) data: Vec<R>,
    width: usize,
}

impl<R: Real> Copy<R> {
    fn new(rows: usize, width: usize) -> Self {
        Self { data: vec![R::ZERO; (rows + GAP) * width], width }
    }

    /// Copies `width` columns of rows that begin `stride` apart.
    pub(super) fn take(&mut self, source: &[R], stride: usize) {
        for (target, source) in self.data.chunks_exact_mut(self.width).zip(source.chunks(stride)) {
            target.copy_from_slice(&source[..target.len()]);
        }
    }

    pub(super) fn rows(&self, count: usize) -> Matrix<'_, R> {
        Matrix::new(&self.data, count, self.width)
    }

    fn transpose(&mut self, source: &Self, rows: usize) {
        transpose(&source.data, rows, self.width, &mut self.data);
    }

    /// The first columns of the transpose of `[rows, width]`.
    pub(super) fn columns(&self, rows: usize, count: usize) -> Matrix<'_, R> {
        Matrix::strided(&self.data, self.width, count, rows + GAP)
    }
}

/// `[rows, width]` to `[width, rows + GAP]`.
fn transpose<R: Real>(source: &[R], rows: usize, width: usize, target: &mut [R]) {
    for (i, source) in source.chunks_exact(width).take(rows).enumerate() {
        for (value, target) in source.iter().zip(target[i..].iter_mut().step_by(rows + GAP)) {
            *target = *value;
        }
    }
}

/// The relative keys of all heads: for each, `[time + 1, width]` from the longest distance to 0, and the transpose of that.
pub(super) struct Distances<R> {
    rows: Buffer<R>,
    columns: Buffer<R>,
    shape: Shape,
}

impl<R: Real> Distances<R> {
    pub(super) fn new(shape: Shape, relative: &[R]) -> Self {
        let Shape { time, width, heads, .. } = shape;
        let (count, all) = (time + 1, relative.len() / ((time + 1) * width).max(1));
        let (mut rows, mut columns) = (room(all * count * width), room(all * (count + GAP) * width));
        let targets = rows.par_chunks_mut(count * width).zip(columns.par_chunks_mut((count + GAP) * width));
        targets.enumerate().for_each(|(head, (rows, columns))| {
            let first = head / heads * count * shape.columns() + head % heads * width;
            for (row, source) in rows.chunks_exact_mut(width).zip(relative[first..].chunks(shape.columns())) {
                row.copy_from_slice(&source[..width]);
            }
            transpose(rows, count, width, columns);
        });
        Self { rows, columns, shape }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Distances `count − 1` to 0 of a head, by rows.
    pub(super) fn rows(&self, head: usize, count: usize) -> Matrix<'_, R> {
        let (all, width) = (self.shape.time + 1, self.shape.width);
        Matrix::new(&self.rows[(head * all + all - count) * width..], count, width)
    }

    /// The same, by columns.
    pub(super) fn columns(&self, head: usize, count: usize) -> Matrix<'_, R> {
        let (all, width) = (self.shape.time + 1, self.shape.width);
        let first = head * (all + GAP) * width + all - count;
        Matrix::strided(&self.columns[first..], width, count, all + GAP)
    }
}

/// A head's parameters, and where its rows are.
pub(super) struct Head<'a, R> {
    pub(super) shape: Shape,
    /// Which head of which group.
    pub(super) number: usize,
    /// First of its columns.
    pub(super) first: usize,
    rows: &'a [R],
    pub(super) scale: &'a [R],
    content_bias: &'a [R],
    position_bias: &'a [R],
}

impl<'a, R: Real> Head<'a, R> {
    pub(super) fn new(shape: Shape, inputs: Inputs<'a, R>, task: usize) -> Self {
        let [group, sequence, head] = shape.place(task);
        let (columns, width) = (shape.columns(), shape.width);
        let size = shape.time * 3 * columns;
        let bias = |bias: &'a [R]| match bias {
            [] => bias,
            _ => &bias[group * columns + head * width..][..width],
        };
        Self {
            shape,
            number: group * shape.heads + head,
            first: head * width,
            rows: &inputs.qkv[sequence * size..(sequence + 1) * size],
            scale: &inputs.scale[group * width..(group + 1) * width],
            content_bias: bias(inputs.content_bias),
            position_bias: bias(inputs.position_bias),
        }
    }

    /// Copies queries, keys and values, and transposes one of the latter: keys (1) for logits, values (2) for gradients.
    pub(super) fn stage(&self, transposed: usize, scratch: &mut Scratch<R>) {
        let columns = self.shape.columns();
        for (part, copy) in scratch.parts.iter_mut().enumerate() {
            copy.take(&self.rows[part * columns + self.first..], 3 * columns);
        }
        scratch.transposed.transpose(&scratch.parts[transposed], self.shape.time);
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
    pub(super) transposed: Copy<R>,
    pub(super) content_query: Vec<R>,
    pub(super) position_query: Vec<R>,
    /// Logits by key, or their gradients.
    pub(super) by_key: Vec<R>,
    /// Logits by distance, or their gradients.
    pub(super) by_distance: Vec<R>,
}

impl<R: Real> Scratch<R> {
    pub(super) fn new(shape: Shape) -> Self {
        let zeros = |columns: usize| vec![R::ZERO; BLOCK * columns];
        Self {
            parts: [(); 3].map(|()| Copy::new(shape.time, shape.width)),
            transposed: Copy::new(shape.time, shape.width),
            content_query: zeros(shape.width),
            position_query: zeros(shape.width),
            by_key: zeros(shape.time),
            by_distance: zeros(shape.time),
        }
    }
}
