//! The update of SGD, in one pass over weight, gradient and velocity.

use super::pieces::in_pieces;
use super::real::Real;
use super::simd::vectorized;
use crate::Sgd;

/// w ← w − η g with g ← g + λ w and, given a velocity, v ← μ v + g and the update v, or μ v + g for Nesterov's form.
pub(crate) fn sgd<R: Real>(step: Sgd, weight: &mut [R], velocity: Option<&mut [R]>, gradient: &[R]) {
    let [rate, momentum, l2] = [step.rate, step.momentum, step.l2].map(R::of);
    let Some(velocity) = velocity else {
        return in_pieces([weight], gradient, |[weight], gradient| {
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
    in_pieces([weight, velocity], gradient, |[weight, velocity], gradient| {
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
