//! The update of SGD, in one pass over weight, gradient and velocity.

use rayon::prelude::*;

use super::real::Real;
use super::simd::vectorized;
use crate::Sgd;

/// Elements that one task updates.
const PIECE: usize = 1 << 14;

/// w ← w − η g with g ← g + λ w and, given a velocity, v ← μ v + g and the update v, or μ v + g for Nesterov's form.
pub(crate) fn sgd<R: Real>(step: Sgd, weight: &mut [R], velocity: Option<&mut [R]>, gradient: &[R]) {
    let [rate, momentum, l2] = [step.rate, step.momentum, step.l2].map(R::of);
    let weights = weight.par_chunks_mut(PIECE).zip(gradient.par_chunks(PIECE));
    let Some(velocity) = velocity else {
        return weights.for_each(|(weight, gradient)| {
            vectorized(
                #[inline(always)]
                || {
                    for (w, g) in weight.iter_mut().zip(gradient) {
                        *w = *w - (*w * l2 + *g) * rate;
                    }
                },
            );
        });
    };
    weights.zip(velocity.par_chunks_mut(PIECE)).for_each(|((weight, gradient), velocity)| {
        vectorized(
            #[inline(always)]
            || {
                for ((w, g), v) in weight.iter_mut().zip(gradient).zip(velocity) {
                    let g = *w * l2 + *g;
                    *v = g + *v * momentum;
                    let update = if step.nesterov { *v * momentum + g } else { *v };
                    *w = *w - update * rate;
                }
            },
        );
    });
}
