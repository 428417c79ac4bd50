//! Matrix products on one thread, through the `gemm` crate.
//!
//! The kernels above split products by rows of the result, in pieces of [`rows_at_once`]. A right factor is stored by rows: a
//! transposed one would be packed again for each piece, so it is transposed once.
#![allow(unsafe_code)]

use rayon::prelude::*;

use super::ROWS;
use super::real::Real;

/// Numbers of a right factor that the second-level cache holds beside the rest.
const CACHED: usize = 1 << 18;

/// Rows of a result of `rows` that one task computes, if the right factor has `right` numbers.
///
/// A factor that stays in the cache is read there once for each piece, so pieces are as small as the kernels like them.
/// A larger one comes from memory for each piece, and `gemm` copies it into rows without gaps only from 49 rows on: 32
/// rows of a factor `[1536, 6144]` run at a third of the speed of 64 and a quarter of that of 256. From 256 rows on four
/// pieces are left for threads, eight from 512 on.
pub(crate) fn rows_at_once(rows: usize, right: usize) -> usize {
    match right > CACHED {
        true => (rows / 8).next_multiple_of(ROWS).clamp(2 * ROWS, 8 * ROWS),
        false => ROWS,
    }
}

/// A matrix somewhere in a slice, stored by rows or, transposed, by columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a, R> {
    data: &'a [R],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, R: Real> Matrix<'a, R> {
    /// Rows that follow each other without gaps.
    #[inline(always)]
    pub(crate) fn new(data: &'a [R], rows: usize, columns: usize) -> Self {
        Self::strided(data, rows, columns, columns)
    }

    /// Rows that begin `stride` apart.
    #[inline(always)]
    pub(crate) fn strided(data: &'a [R], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(rows == 0 || columns == 0 || (rows - 1) * stride + columns <= data.len(), "a matrix inside its slice");
        Self { data, rows, columns, row_stride: stride, column_stride: 1 }
    }

    #[inline(always)]
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// What a product does with the numbers that are there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Replace,
    Add,
}

/// target ← left · right, or target ← target + left · right; the rows of the target begin `stride` apart.
pub(crate) fn multiply<R: Real>(
    target: &mut [R],
    stride: usize,
    write: Write,
    left: Matrix<'_, R>,
    right: Matrix<'_, R>,
) {
    let (m, n, k) = (left.rows, right.columns, left.columns);
    assert_eq!(k, right.rows, "inner dimensions of a product");
    if m == 0 || n == 0 {
        return;
    }
    assert!((m - 1) * stride + n <= target.len() && (stride >= n || m == 1), "a product inside its slice");
    if k == 0 {
        if write == Write::Replace {
            target.chunks_mut(stride).take(m).for_each(|row| row[..n].fill(R::ZERO));
        }
        return;
    }
    // SAFETY: both factors were checked to lie inside their slices when they were made, the target just now; the target is
    // borrowed mutably, so it overlaps neither. gemm reads and writes no other elements.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            target.as_mut_ptr(),
            1,
            stride as isize,
            write == Write::Add,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            R::ONE,
            R::ONE,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Side of the tiles in which a transposition goes through the cache.
const TILE: usize = 32;

/// The transposed copy `[columns, rows]` of a matrix `[rows, columns]`.
pub(crate) fn transpose<R: Real>(source: &[R], rows: usize, columns: usize, target: &mut [R]) {
    if rows == 0 || columns == 0 {
        return;
    }
    target.par_chunks_mut(TILE * rows).enumerate().for_each(|(strip, target)| {
        let first = strip * TILE;
        for row_tile in (0..rows).step_by(TILE) {
            for (offset, target) in target.chunks_mut(rows).enumerate() {
                for row in row_tile..(row_tile + TILE).min(rows) {
                    target[row] = source[row * columns + first + offset];
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{Matrix, Write, multiply, rows_at_once, transpose};

    #[test]
    fn products_of_views_are_those_of_the_definition() {
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (32, 64, 33), (2, 3, 0)] {
            let a: Vec<f64> = (0..m * (k + 2)).map(|i| (i as f64).sin()).collect();
            let b: Vec<f64> = (0..n * k).map(|i| (i as f64).cos()).collect();
            let mut c = vec![1.0; m * (n + 1)];
            let left = Matrix::strided(&a, m, k, k + 2);
            multiply(&mut c, n + 1, Write::Add, left, Matrix::new(&b, n, k).transposed());
            for i in 0..m {
                for j in 0..n {
                    let sum: f64 = (0..k).map(|l| a[i * (k + 2) + l] * b[j * k + l]).sum();
                    assert!((c[i * (n + 1) + j] - 1.0 - sum).abs() < 1e-12);
                }
                assert!((c[i * (n + 1) + n] - 1.0).abs() < 1e-15, "nothing is written between the rows");
            }
        }
    }

    #[test]
    fn rows_at_once_are_more_for_a_factor_that_no_cache_holds() {
        assert_eq!([1, 1024, 9999].map(|rows| rows_at_once(rows, 256 * 1024)), [32, 32, 32]);
        assert_eq!([1, 256, 1024, 1100, 9999].map(|rows| rows_at_once(rows, 256 * 1024 + 1)), [64, 64, 128, 160, 256]);
    }

    #[test]
    fn a_product_without_terms_is_zero() {
        let mut c = vec![1.0_f32; 6];
        multiply(&mut c, 3, Write::Replace, Matrix::new(&[], 2, 0), Matrix::new(&[], 0, 3));
        assert_eq!(c, [0.0; 6]);
    }

    #[test]
    fn transposing_moves_every_element() {
        for (rows, columns) in [(1, 1), (33, 65), (64, 32), (1, 100)] {
            let source: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
            let mut target = vec![0.0; rows * columns];
            transpose(&source, rows, columns, &mut target);
            let moved = |i: usize| target[(i % columns) * rows + i / columns];
            assert!((0..rows * columns).all(|i| moved(i).to_bits() == source[i].to_bits()));
        }
    }

    #[test]
    #[should_panic(expected = "a matrix inside its slice")]
    fn a_matrix_outside_its_slice_is_refused() {
        let _ = Matrix::new(&[0.0_f32; 5], 2, 3);
    }
}
