//! Mean cross-entropy from logits, without a tensor of probabilities in between.

use rayon::prelude::*;

use super::ROWS;
use super::real::Real;
use super::simd::{maximum, sum, vectorized};

/// `logits` are `[groups, rows, classes]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) groups: usize,
    pub(crate) rows: usize,
    pub(crate) classes: usize,
}

/// Mean loss of each group; `log_sums` becomes log Σ exp of each row, which the backward pass needs.
pub(crate) fn forward<R: Real>(shape: Shape, logits: &[R], targets: &[usize], log_sums: &mut [R]) -> Vec<R> {
    let Shape { groups, rows, classes } = shape;
    let pieces = log_sums.par_chunks_mut(ROWS).zip(logits.par_chunks(ROWS * classes));
    pieces.for_each(|(log_sums, logits)| {
        vectorized(
            #[inline(always)]
            || {
                for (log_sum, row) in log_sums.iter_mut().zip(logits.chunks_exact(classes)) {
                    let largest = maximum(row);
                    *log_sum = sum(row, row, |z, _| (z - largest).exp()).ln() + largest;
                }
            },
        );
    });
    let loss = |row: usize| (log_sums[row] - logits[row * classes + targets[row]]).double();
    let mean = |group: usize| (group * rows..(group + 1) * rows).map(loss).sum::<f64>() / rows as f64;
    (0..groups).map(|group| R::of(mean(group))).collect()
}

/// dz = (softmax(z) − onehot(target)) · gradient / rows.
pub(crate) fn backward<R: Real>(
    shape: Shape,
    logits: &[R],
    targets: &[usize],
    log_sums: &[R],
    gradient: &[R],
    dlogits: &mut [R],
) {
    let Shape { rows, classes, .. } = shape;
    let pieces = dlogits.par_chunks_mut(ROWS * classes).zip(logits.par_chunks(ROWS * classes));
    pieces.enumerate().for_each(|(piece, (dlogits, logits))| {
        vectorized(
            #[inline(always)]
            || {
                let both = dlogits.chunks_exact_mut(classes).zip(logits.chunks_exact(classes));
                for (i, (dlogits, logits)) in both.enumerate() {
                    let row = piece * ROWS + i;
                    let (log_sum, scale) = (log_sums[row], gradient[row / rows] / R::of(rows as f64));
                    for (dz, z) in dlogits.iter_mut().zip(logits) {
                        *dz = (*z - log_sum).exp() * scale;
                    }
                    dlogits[targets[row]] = dlogits[targets[row]] - scale;
                }
            },
        );
    });
}
