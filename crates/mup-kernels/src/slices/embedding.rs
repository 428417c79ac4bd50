//! Rows of a table, and the gradient that flows back into them.

use rayon::prelude::*;

use super::real::Real;
use super::simd::{add, vectorized};

/// The table is `[groups, entries, width]`, tokens are `[groups, rows]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) entries: usize,
    pub(crate) width: usize,
}

pub(crate) fn forward<R: Real>(shape: Shape, table: &[R], tokens: &[usize], y: &mut [R]) {
    let Shape { rows, entries, width } = shape;
    for (i, (y, token)) in y.chunks_exact_mut(width).zip(tokens).enumerate() {
        let entry = i / rows * entries + token;
        y.copy_from_slice(&table[entry * width..(entry + 1) * width]);
    }
}

/// Adds each row's gradient to that of its token, in the order of the rows.
pub(crate) fn backward<R: Real>(shape: Shape, tokens: &[usize], gradient: &[R], table: &mut [R]) {
    let Shape { rows, entries, width } = shape;
    if gradient.is_empty() {
        return;
    }
    let groups = table.par_chunks_mut(entries * width).zip(gradient.par_chunks(rows * width));
    groups.zip(tokens.par_chunks(rows)).for_each(|((table, gradient), tokens)| {
        vectorized(
            #[inline(always)]
            || {
                for (gradient, token) in gradient.chunks_exact(width).zip(tokens) {
                    add(&mut table[token * width..(token + 1) * width], gradient);
                }
            },
        );
    });
}
