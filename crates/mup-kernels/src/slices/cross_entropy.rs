//! Mean cross-entropy from logits, without a tensor of probabilities in between.

use rayon::prelude::*;

use super::ROWS;
use super::real::Real;
use super::simd::{maximum, sum, vectorized};
use crate::LossTerms;

/// `logits` are `[groups, rows, classes]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) groups: usize,
    pub(crate) rows: usize,
    pub(crate) classes: usize,
}

/// Logits and the targets of their rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a, R> {
    pub(crate) logits: &'a [R],
    pub(crate) targets: &'a [usize],
    pub(crate) terms: LossTerms,
}

/// c tanh(z / c), in the target; the logits themselves without a cap.
#[inline(always)]
fn capped<'a, R: Real>(terms: LossTerms, row: &'a [R], target: &'a mut [R]) -> &'a [R] {
    let Some(cap) = terms.soft_cap else { return row };
    let (cap, inverse) = (R::of(cap), R::of(1.0 / cap));
    for (target, z) in target.iter_mut().zip(row) {
        *target = (*z * inverse).tanh() * cap;
    }
    target
}

/// Mean loss of each group; `log_sums` becomes log Σ exp of each row, which the backward pass needs.
pub(crate) fn forward<R: Real>(shape: Shape, inputs: Inputs<'_, R>, log_sums: &mut [R]) -> Vec<R> {
    let Shape { groups, rows, classes } = shape;
    let Inputs { logits, targets, terms } = inputs;
    let mut chosen = vec![R::ZERO; log_sums.len()];
    let pieces = log_sums.par_chunks_mut(ROWS).zip(chosen.par_chunks_mut(ROWS)).zip(targets.par_chunks(ROWS));
    pieces.zip(logits.par_chunks(ROWS * classes)).for_each(|(((log_sums, chosen), targets), logits)| {
        let mut scratch = vec![R::ZERO; if terms.soft_cap.is_some() { classes } else { 0 }];
        vectorized(
            #[inline(always)]
            || {
                let rows = logits.chunks_exact(classes).zip(targets);
                for ((log_sum, chosen), (row, target)) in log_sums.iter_mut().zip(chosen).zip(rows) {
                    let row = capped(terms, row, &mut scratch);
                    let largest = maximum(row);
                    *log_sum = sum(row, row, |z, _| (z - largest).exp()).ln() + largest;
                    *chosen = row[*target];
                }
            },
        );
    });
    let z_loss = |log_sum: f64| if terms.z_loss == 0.0 { 0.0 } else { terms.z_loss * log_sum * log_sum };
    let loss = |row: usize| (log_sums[row] - chosen[row]).double() + z_loss(log_sums[row].double());
    let mean = |group: usize| (group * rows..(group + 1) * rows).map(loss).sum::<f64>() / rows as f64;
    (0..groups).map(|group| R::of(mean(group))).collect()
}

/// dz = [softmax(z) (1 + 2 κ log Σ exp z) − onehot(target)] · gradient / rows, through the cap.
pub(crate) fn backward<R: Real>(
    shape: Shape,
    inputs: Inputs<'_, R>,
    log_sums: &[R],
    gradient: &[R],
    dlogits: &mut [R],
) {
    let Shape { rows, classes, .. } = shape;
    let Inputs { logits, targets, terms } = inputs;
    let pieces = dlogits.par_chunks_mut(ROWS * classes).zip(logits.par_chunks(ROWS * classes));
    pieces.enumerate().for_each(|(piece, (dlogits, logits))| {
        let mut scratch = vec![R::ZERO; if terms.soft_cap.is_some() { classes } else { 0 }];
        vectorized(
            #[inline(always)]
            || {
                let both = dlogits.chunks_exact_mut(classes).zip(logits.chunks_exact(classes));
                for (i, (dlogits, logits)) in both.enumerate() {
                    let row = piece * ROWS + i;
                    let scale = gradient[row / rows] / R::of(rows as f64);
                    let logits = capped(terms, logits, &mut scratch);
                    backward_row(terms, logits, (log_sums[row], targets[row]), scale, dlogits);
                }
            },
        );
    });
}

#[inline(always)]
fn backward_row<R: Real>(terms: LossTerms, logits: &[R], (log_sum, target): (R, usize), scale: R, dlogits: &mut [R]) {
    // Without a z-loss nothing is multiplied, for 0 · ∞ is not 0.
    let of_all = if terms.z_loss == 0.0 { scale } else { scale * (R::ONE + R::of(2.0 * terms.z_loss) * log_sum) };
    for (dz, z) in dlogits.iter_mut().zip(logits) {
        *dz = (*z - log_sum).exp() * of_all;
    }
    dlogits[target] = dlogits[target] - scale;
    if let Some(cap) = terms.soft_cap {
        let inverse = R::of(1.0 / cap);
        for (dz, z) in dlogits.iter_mut().zip(logits) {
            let tanh = *z * inverse;
            *dz = *dz * (R::ONE - tanh * tanh);
        }
    }
}
