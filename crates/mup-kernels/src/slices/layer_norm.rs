//! Layer normalization, y = γ (x − mean) / √(variance + ε) + β over the last axis.
//!
//! # Reference
//!
//! Ba, Kiros & Hinton, arXiv:1607.06450.

use rayon::prelude::*;

use super::ROWS;
use super::real::Real;
use super::simd::{add, sum, vectorized};

/// Sizes: `x` is `[groups, rows, width]`, γ and β are `[groups, width]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) width: usize,
}

/// Mean and 1/√(variance + ε) of each row, which the backward pass needs, as `[rows, 2]`.
#[inline(always)]
fn moments<R: Real>(x: &[R], epsilon: R) -> [R; 2] {
    let count = R::of(x.len() as f64);
    let mean = sum(x, x, |x, _| x) / count;
    let variance = sum(x, x, |x, _| (x - mean) * (x - mean)) / count;
    [mean, R::ONE / (variance + epsilon).sqrt()]
}

pub(crate) fn forward<R: Real>(
    shape: Shape,
    x: &[R],
    gamma: &[R],
    beta: &[R],
    epsilon: f64,
    y: &mut [R],
    statistics: &mut [R],
) {
    let Shape { rows, width } = shape;
    if y.is_empty() {
        return;
    }
    let (by_group, epsilon) = (rows * width, R::of(epsilon));
    let groups = y.par_chunks_mut(by_group).zip(x.par_chunks(by_group)).zip(statistics.par_chunks_mut(2 * rows));
    groups.zip(gamma.par_chunks(width).zip(beta.par_chunks(width))).for_each(
        |(((y, x), statistics), (gamma, beta))| {
            let pieces = y.par_chunks_mut(ROWS * width).zip(x.par_chunks(ROWS * width));
            pieces.zip(statistics.par_chunks_mut(2 * ROWS)).for_each(|((y, x), statistics)| {
                vectorized(
                    #[inline(always)]
                    || {
                        let rows = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
                        for ((y, x), statistics) in rows.zip(statistics.chunks_exact_mut(2)) {
                            let [mean, scale] = moments(x, epsilon);
                            statistics.copy_from_slice(&[mean, scale]);
                            for (((y, x), gamma), beta) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
                                *y = (*x - mean) * scale * *gamma + *beta;
                            }
                        }
                    },
                );
            });
        },
    );
}

/// What a backward pass reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saved<'a, R> {
    pub(crate) x: &'a [R],
    pub(crate) gamma: &'a [R],
    pub(crate) statistics: &'a [R],
}

pub(crate) fn backward<R: Real>(
    shape: Shape,
    saved: Saved<'_, R>,
    gradient: &[R],
    dx: &mut [R],
    dgamma: &mut [R],
    dbeta: &mut [R],
) {
    let Shape { rows, width } = shape;
    if dx.is_empty() {
        return;
    }
    let by_group = rows * width;
    let groups = dx.par_chunks_mut(by_group).zip(gradient.par_chunks(by_group)).zip(saved.x.par_chunks(by_group));
    let parameters = saved.gamma.par_chunks(width).zip(saved.statistics.par_chunks(2 * rows));
    let sums = dgamma.par_chunks_mut(width).zip(dbeta.par_chunks_mut(width));
    groups.zip(parameters).zip(sums).for_each(|((((dx, gradient), x), (gamma, statistics)), (dgamma, dbeta))| {
        let pieces = rows.div_ceil(ROWS);
        let mut partial = vec![R::ZERO; 2 * pieces * width];
        let inputs = gradient.par_chunks(ROWS * width).zip(x.par_chunks(ROWS * width));
        let outputs = dx.par_chunks_mut(ROWS * width).zip(partial.par_chunks_mut(2 * width));
        outputs.zip(inputs.zip(statistics.par_chunks(2 * ROWS))).for_each(
            |((dx, partial), ((gradient, x), statistics))| {
                vectorized(
                    #[inline(always)]
                    || piece(width, dx, partial, gradient, x, gamma, statistics),
                );
            },
        );
        for partial in partial.chunks_exact(2 * width) {
            add(dgamma, &partial[..width]);
            add(dbeta, &partial[width..]);
        }
    });
}

/// dx = s (γg − mean(γg) − x̂ mean(γg x̂)) with x̂ = s (x − mean); adds g x̂ and g to the partial sums.
#[inline(always)]
fn piece<R: Real>(
    width: usize,
    dx: &mut [R],
    partial: &mut [R],
    gradient: &[R],
    x: &[R],
    gamma: &[R],
    statistics: &[R],
) {
    let (dgamma, dbeta) = partial.split_at_mut(width);
    let inputs = gradient.chunks_exact(width).zip(x.chunks_exact(width)).zip(statistics.chunks_exact(2));
    for (dx, ((gradient, x), statistics)) in dx.chunks_exact_mut(width).zip(inputs) {
        let (mean, scale) = (statistics[0], statistics[1]);
        for ((((dx, gradient), x), gamma), (dgamma, dbeta)) in
            dx.iter_mut().zip(gradient).zip(x).zip(gamma).zip(dgamma.iter_mut().zip(dbeta.iter_mut()))
        {
            *dx = *gradient * *gamma;
            *dgamma += *gradient * (*x - mean) * scale;
            *dbeta += *gradient;
        }
        let count = R::of(width as f64);
        let average = sum(dx, dx, |weighted, _| weighted) / count;
        let slope = sum(dx, x, |weighted, x| weighted * (x - mean)) * scale * scale / count;
        for (dx, x) in dx.iter_mut().zip(x) {
            *dx = scale * (*dx - average - (*x - mean) * slope);
        }
    }
}
