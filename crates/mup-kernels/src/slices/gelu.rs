//! The exact GELU, x·Φ(x), and its derivative.
//!
//! # Reference
//!
//! Hendrycks & Gimpel, arXiv:1606.08415.

use super::real::Real;

/// Φ(x), the normal distribution function.
#[inline(always)]
pub(super) fn normal<R: Real>(x: R) -> R {
    R::of(0.5) * (R::ONE + (x * R::of(core::f64::consts::FRAC_1_SQRT_2)).erf())
}

/// Φ(x) + x φ(x).
#[inline(always)]
pub(super) fn slope<R: Real>(x: R) -> R {
    let density = (x * x * R::of(-0.5)).exp() * R::of(0.398_942_280_401_432_7);
    normal(x) + x * density
}

/// y_i ← x_i Φ(x_i).
#[inline(always)]
pub(crate) fn forward<R: Real>(x: &[R], y: &mut [R]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = *x * normal(*x);
    }
}

/// g_i ← g_i (Φ(x_i) + x_i φ(x_i)).
#[inline(always)]
pub(crate) fn backward<R: Real>(x: &[R], gradient: &mut [R]) {
    for (gradient, x) in gradient.iter_mut().zip(x) {
        *gradient = *gradient * slope(*x);
    }
}
