//! Root-mean-square normalization, y = γ x / √(mean(x²) + ε), of rows, or of the heads of queries and of keys.
//!
//! # Reference
//!
//! Zhang & Sennrich, arXiv:1910.07467; Henry et al., arXiv:2010.04245.

use rayon::prelude::*;

use super::ROWS;
use super::real::Real;
use super::simd::{add, sum, vectorized};

/// Sizes: `x` is `[groups, rows, heads of the first gain + of the second + rest, width]`, where the rest stays as it is. A gain
/// is `[groups, width]` or empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) width: usize,
    pub(crate) heads: [usize; 2],
    pub(crate) rest: usize,
}

impl Shape {
    /// Heads that are normalized.
    pub(crate) fn normalized(self) -> usize {
        self.heads[0] + self.heads[1]
    }

    fn columns(self) -> usize {
        (self.normalized() + self.rest) * self.width
    }
}

/// The gains of one group.
fn of_group<R>(gains: [&[R]; 2], group: usize, width: usize) -> [&[R]; 2] {
    gains.map(|gain| if gain.is_empty() { gain } else { &gain[group * width..(group + 1) * width] })
}

/// Fills `y`, and `scales` with 1/√(mean(x²) + ε) of each head, which the backward pass needs.
pub(crate) fn forward<R: Real>(shape: Shape, x: &[R], gains: [&[R]; 2], epsilon: f64, y: &mut [R], scales: &mut [R]) {
    let (columns, heads) = (shape.columns(), shape.normalized());
    if y.is_empty() {
        return;
    }
    let by_group = shape.rows * columns;
    let groups = y.par_chunks_mut(by_group).zip(x.par_chunks(by_group));
    groups.zip(scales.par_chunks_mut(shape.rows * heads)).enumerate().for_each(|(group, ((y, x), scales))| {
        let gains = of_group(gains, group, shape.width);
        let pieces = y.par_chunks_mut(ROWS * columns).zip(x.par_chunks(ROWS * columns));
        pieces.zip(scales.par_chunks_mut(ROWS * heads)).for_each(|((y, x), scales)| {
            vectorized(
                #[inline(always)]
                || {
                    let rows = y.chunks_exact_mut(columns).zip(x.chunks_exact(columns));
                    for ((y, x), scales) in rows.zip(scales.chunks_exact_mut(heads)) {
                        row(shape, x, gains, R::of(epsilon), y, scales);
                    }
                },
            );
        });
    });
}

#[inline(always)]
fn row<R: Real>(shape: Shape, x: &[R], gains: [&[R]; 2], epsilon: R, y: &mut [R], scales: &mut [R]) {
    let (width, count) = (shape.width, R::of(shape.width as f64));
    let (normalized, rest) = y.split_at_mut(scales.len() * width);
    rest.copy_from_slice(&x[normalized.len()..]);
    let heads = normalized.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(scales);
    for (head, ((y, x), scale)) in heads.enumerate() {
        let gain = gains[usize::from(head >= shape.heads[0])];
        *scale = R::ONE / (sum(x, x, |x, _| x * x) / count + epsilon).sqrt();
        y.iter_mut().zip(x).for_each(|(y, x)| *y = *x * *scale);
        y.iter_mut().zip(gain).for_each(|(y, gain)| *y = *y * *gain);
    }
}

/// What a backward pass reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saved<'a, R> {
    pub(crate) x: &'a [R],
    pub(crate) gains: [&'a [R]; 2],
    pub(crate) scales: &'a [R],
}

/// Fills `dx`, and adds to the gradients of the gains, which are empty where those are.
pub(crate) fn backward<R: Real>(
    shape: Shape,
    saved: Saved<'_, R>,
    gradient: &[R],
    dx: &mut [R],
    dgains: [&mut [R]; 2],
) {
    let Shape { rows, width, .. } = shape;
    let (columns, heads) = (shape.columns(), shape.normalized());
    if dx.is_empty() {
        return;
    }
    let (by_group, pieces) = (rows * columns, rows.div_ceil(ROWS));
    let groups = dx.len() / by_group;
    let mut partial = vec![R::ZERO; groups * pieces * 2 * width];
    let mut partials = partial.chunks_mut(2 * width);
    let mut tasks = Vec::with_capacity(groups * pieces);
    for (group, dx) in dx.chunks_mut(by_group).enumerate() {
        for (piece, dx) in dx.chunks_mut(ROWS * columns).enumerate() {
            tasks.push((group, group * rows + piece * ROWS, dx, partials.next().expect("a sum for each piece")));
        }
    }
    tasks.into_par_iter().for_each(|(group, row, dx, partial)| {
        let count = dx.len() / columns;
        let [gradient, x] = [gradient, saved.x].map(|all| &all[row * columns..(row + count) * columns]);
        let scales = &saved.scales[row * heads..(row + count) * heads];
        let saved = Saved { x, gains: of_group(saved.gains, group, width), scales };
        vectorized(
            #[inline(always)]
            || piece(shape, saved, gradient, dx, partial),
        );
    });
    for (kind, dgain) in dgains.into_iter().enumerate() {
        for (dgain, partial) in dgain.chunks_mut(width).zip(partial.chunks(pieces * 2 * width)) {
            partial.chunks_exact(2 * width).for_each(|partial| add(dgain, &partial[kind * width..][..width]));
        }
    }
}

#[inline(always)]
fn piece<R: Real>(shape: Shape, saved: Saved<'_, R>, gradient: &[R], dx: &mut [R], partial: &mut [R]) {
    let (width, columns, heads) = (shape.width, shape.columns(), shape.normalized());
    let inputs = gradient.chunks_exact(columns).zip(saved.x.chunks_exact(columns));
    let rows = dx.chunks_exact_mut(columns).zip(inputs).zip(saved.scales.chunks_exact(heads));
    for ((dx, (gradient, x)), scales) in rows {
        dx[heads * width..].copy_from_slice(&gradient[heads * width..]);
        let parts = dx.chunks_exact_mut(width).zip(gradient.chunks_exact(width).zip(x.chunks_exact(width)));
        for (head, ((dx, (gradient, x)), scale)) in parts.zip(scales).enumerate() {
            let kind = usize::from(head >= shape.heads[0]);
            head_backward(saved.gains[kind], *scale, (gradient, x), dx, &mut partial[kind * width..][..width]);
        }
    }
}

/// dx = s (γg − x s² mean(γg x)); adds g x s to the partial sum.
#[inline(always)]
fn head_backward<R: Real>(gain: &[R], scale: R, (gradient, x): (&[R], &[R]), dx: &mut [R], partial: &mut [R]) {
    for ((partial, gradient), x) in partial.iter_mut().zip(gradient).zip(x) {
        *partial += *gradient * *x * scale;
    }
    dx.copy_from_slice(gradient);
    dx.iter_mut().zip(gain).for_each(|(dx, gain)| *dx = *dx * *gain);
    let slope = sum(dx, x, |weighted, x| weighted * x) * scale * scale / R::of(x.len() as f64);
    for (dx, x) in dx.iter_mut().zip(x) {
        *dx = scale * (*dx - *x * slope);
    }
}
