//! The relative keys of all heads, by rows and by columns.

use rayon::prelude::*;

use super::head::{GAP, scale_rows, transpose};
use super::{Shape, Tile};
use crate::pool::{Buffer, room};
use crate::slices::matrix::Matrix;
use crate::slices::real::Real;
use crate::slices::simd::copy;

/// For each head of keys, scaled, `[time + 1, width]` from the longest distance to 0, and the transpose of that.
pub(super) struct Distances<R> {
    rows: Buffer<R>,
    columns: Buffer<R>,
    shape: Shape,
}

impl<R: Real> Distances<R> {
    pub(super) fn new(shape: Shape, relative: &[R], scale: &[R]) -> Self {
        let Shape { time, width, keys, .. } = shape;
        let (count, all) = (time + 1, relative.len() / ((time + 1) * width).max(1));
        let (mut rows, mut columns) = (room(all * count * width), room(all * (count + GAP) * width));
        let targets = rows.par_chunks_mut(count * width).zip(columns.par_chunks_mut((count + GAP) * width));
        targets.enumerate().for_each(|(head, (rows, columns))| {
            let first = (head / keys * count * keys + head % keys) * width;
            for (row, source) in rows.chunks_exact_mut(width).zip(relative[first..].chunks(keys * width)) {
                copy(row, &source[..width]);
            }
            scale_rows(rows, &scale[head / keys * width..][..width]);
            transpose(rows, count, width, columns);
        });
        Self { rows, columns, shape }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of the first distance of a tile.
    pub(super) fn first(&self, tile: Tile) -> usize {
        self.shape.time + 1 - tile.end + tile.distances().start
    }

    /// The distances of a tile, by rows.
    pub(super) fn rows(&self, head: usize, tile: Tile) -> Matrix<'_, R> {
        let (all, width) = (self.shape.time + 1, self.shape.width);
        Matrix::new(&self.rows[(head * all + self.first(tile)) * width..], tile.distances().len(), width)
    }

    /// The same, by columns.
    pub(super) fn columns(&self, head: usize, tile: Tile) -> Matrix<'_, R> {
        let (all, width) = (self.shape.time + 1, self.shape.width);
        let first = head * (all + GAP) * width + self.first(tile);
        Matrix::strided(&self.columns[first..], width, tile.distances().len(), all + GAP)
    }
}
