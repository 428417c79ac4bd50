//! Gated activations, f(gate) · up with f = SiLU or GELU, and their derivatives.
//!
//! # Reference
//!
//! Shazeer, arXiv:2002.05202.

use rayon::prelude::*;

use super::gelu;
use super::real::Real;
use super::simd::vectorized;
use crate::Gate;

/// Columns of a row of `gate` and `up`, whose rows begin `stride` apart; those of everything else follow each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) width: usize,
    pub(crate) stride: usize,
}

impl Shape {
    /// Elements that one task handles: whole rows, about 2^13.
    fn rows(self) -> usize {
        ((1 << 13) / self.width.max(1)).max(1)
    }
}

/// f(x).
#[inline(always)]
fn opened<R: Real>(by: Gate, x: R) -> R {
    match by {
        Gate::Silu => x * logistic(x),
        Gate::Gelu => x * gelu::normal(x),
    }
}

/// f′(x).
#[inline(always)]
fn slope<R: Real>(by: Gate, x: R) -> R {
    match by {
        Gate::Silu => {
            let y = logistic(x);
            y * (R::ONE + x * (R::ONE - y))
        }
        Gate::Gelu => gelu::slope(x),
    }
}

/// 1 / (1 + e^−x), for low x about e^x, and 0 where that is.
#[inline(always)]
fn logistic<R: Real>(x: R) -> R {
    let value = R::ONE / (R::ONE + (-x).exp());
    if x < R::LOWEST { R::ZERO } else { value }
}

pub(crate) fn forward<R: Real>(shape: Shape, by: Gate, gate: &[R], up: &[R], y: &mut [R]) {
    let (Shape { width, stride }, rows) = (shape, shape.rows());
    if y.is_empty() {
        return;
    }
    let inputs = gate.par_chunks(rows * stride).zip(up.par_chunks(rows * stride));
    y.par_chunks_mut(rows * width).zip(inputs).for_each(|(y, (gate, up))| {
        vectorized(
            #[inline(always)]
            || {
                for ((y, gate), up) in y.chunks_exact_mut(width).zip(gate.chunks(stride)).zip(up.chunks(stride)) {
                    for ((y, gate), up) in y.iter_mut().zip(gate).zip(up) {
                        *y = opened(by, *gate) * *up;
                    }
                }
            },
        );
    });
}

/// From the gradient of the result to those of gate and up, elements that all follow each other.
pub(crate) fn backward<R: Real>(by: Gate, [gate, up, gradient]: [&[R]; 3], dgate: &mut [R], dup: &mut [R]) {
    const PIECE: usize = 1 << 13;
    let inputs = gate.par_chunks(PIECE).zip(up.par_chunks(PIECE)).zip(gradient.par_chunks(PIECE));
    let outputs = dgate.par_chunks_mut(PIECE).zip(dup.par_chunks_mut(PIECE));
    inputs.zip(outputs).for_each(|(((gate, up), gradient), (dgate, dup))| {
        vectorized(
            #[inline(always)]
            || row(by, [gate, up, gradient], dgate, dup),
        );
    });
}

#[inline(always)]
fn row<R: Real>(by: Gate, [gate, up, gradient]: [&[R]; 3], dgate: &mut [R], dup: &mut [R]) {
    for (((dgate, gate), up), gradient) in dgate.iter_mut().zip(gate).zip(up).zip(gradient) {
        *dgate = *gradient * *up * slope(by, *gate);
    }
    for ((dup, gate), gradient) in dup.iter_mut().zip(gate).zip(gradient) {
        *dup = *gradient * opened(by, *gate);
    }
}

/// [`backward`] of gate and up side by side.
pub(crate) fn backward_packed<R: Real>(width: usize, by: Gate, both: &[R], gradient: &[R], dboth: &mut [R]) {
    let rows = Shape { width, stride: width }.rows();
    if gradient.is_empty() {
        return;
    }
    let both = dboth.par_chunks_mut(rows * 2 * width).zip(both.par_chunks(rows * 2 * width));
    both.zip(gradient.par_chunks(rows * width)).for_each(|((dboth, both), gradient)| {
        vectorized(
            #[inline(always)]
            || {
                let both = dboth.chunks_exact_mut(2 * width).zip(both.chunks_exact(2 * width));
                for ((dboth, both), gradient) in both.zip(gradient.chunks_exact(width)) {
                    let ((dgate, dup), (gate, up)) = (dboth.split_at_mut(width), both.split_at(width));
                    row(by, [gate, up, gradient], dgate, dup);
                }
            },
        );
    });
}
