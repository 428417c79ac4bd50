//! Rotary positions: pairs of coordinates (i, i + n) turn by an angle of their own.
//!
//! # Reference
//!
//! Su et al., "RoFormer", arXiv:2104.09864.

use rayon::prelude::*;

use super::ROWS;
use super::real::Real;
use super::simd::vectorized;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Forward,
    /// The transpose, for gradients.
    Back,
}

/// Turns one head; `angles` are its position's cosines and sines.
#[inline(always)]
pub(crate) fn turn<R: Real>(head: &mut [R], angles: &[R], way: Turn) {
    let n = angles.len() / 2;
    let (cos, sin) = angles.split_at(n);
    let (a, b) = head[..2 * n].split_at_mut(n);
    match way {
        Turn::Forward => pairs(a, b, cos, sin, |x| x),
        Turn::Back => pairs(a, b, cos, sin, |x| -x),
    }
}

#[inline(always)]
fn pairs<R: Real>(a: &mut [R], b: &mut [R], cos: &[R], sin: &[R], sign: impl Fn(R) -> R) {
    for ((a, b), (cos, sin)) in a.iter_mut().zip(b).zip(cos.iter().zip(sin)) {
        let (x, y, sin) = (*a, *b, sign(*sin));
        *a = x * *cos - y * sin;
        *b = y * *cos + x * sin;
    }
}

/// Sizes: `x` is `[.., time, heads, width]`, angles are `[time, 2, n]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) time: usize,
    pub(crate) heads: usize,
    pub(crate) width: usize,
}

/// Copies `x` to `y` and turns it.
pub(crate) fn turn_all<R: Real>(shape: Shape, x: &[R], angles: &[R], way: Turn, y: &mut [R]) {
    let Shape { time, heads, width } = shape;
    if y.is_empty() {
        return;
    }
    let (row, of_one) = (heads * width, angles.len() / time);
    y.par_chunks_mut(ROWS * row).zip(x.par_chunks(ROWS * row)).enumerate().for_each(|(piece, (y, x))| {
        vectorized(
            #[inline(always)]
            || {
                y.copy_from_slice(x);
                for (i, y) in y.chunks_exact_mut(row).enumerate() {
                    let position = (piece * ROWS + i) % time;
                    let angles = &angles[position * of_one..(position + 1) * of_one];
                    y.chunks_exact_mut(width).for_each(|head| turn(head, angles, way));
                }
            },
        );
    });
}
