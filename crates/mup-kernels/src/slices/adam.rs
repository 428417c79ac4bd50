//! Updates of the optimizers, in one pass over weight, gradient and moments.

use super::pieces::in_pieces;
use super::real::Real;
use super::simd::vectorized;
use crate::Adam;

/// w ← (1 − ηλ) w − η m̂ / (√v̂ + ε); both moments are updated in place.
pub(crate) fn adam<R: Real>(step: Adam, weight: &mut [R], moments: [&mut [R]; 2], gradient: &[R]) {
    let time = step.time as f64;
    let corrections = [1.0 - step.beta_1.powf(time), 1.0 - step.beta_2.powf(time)];
    let [beta_1, beta_2, epsilon, l2] = [step.beta_1, step.beta_2, step.epsilon, step.l2].map(R::of);
    let [keep_1, keep_2] = [1.0 - step.beta_1, 1.0 - step.beta_2].map(R::of);
    let shrink = R::of(1.0 - step.rate * step.decay);
    let rate = R::of(step.rate / corrections[0]);
    let unbias = R::of(corrections[1].sqrt().recip());
    let [moment_1, moment_2] = moments;
    in_pieces([weight, moment_1, moment_2], gradient, |[weight, moment_1, moment_2], gradient| {
        vectorized(
            #[inline(always)]
            || {
                let weights = weight.iter_mut().zip(gradient);
                for ((w, g), (m, v)) in weights.zip(moment_1.iter_mut().zip(moment_2.iter_mut())) {
                    let g = *g + l2 * *w;
                    *m = beta_1 * *m + keep_1 * g;
                    *v = beta_2 * *v + keep_2 * (g * g);
                    *w = shrink * *w - rate * *m / ((*v).sqrt() * unbias + epsilon);
                }
            },
        );
    });
}
