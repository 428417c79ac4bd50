//! Updates of the optimizers, in one pass over weight, gradient and moments.

use rayon::prelude::*;

use super::real::Real;
use super::simd::vectorized;
use crate::Adam;

/// Elements that one task updates.
const PIECE: usize = 1 << 14;

/// w ← (1 − ηλ) w − η m̂ / (√v̂ + ε); both moments are updated in place.
pub(crate) fn adam<R: Real>(step: Adam, weight: &mut [R], moments: [&mut [R]; 2], gradient: &[R]) {
    let time = step.time as f64;
    let corrections = [1.0 - step.beta_1.powf(time), 1.0 - step.beta_2.powf(time)];
    let [beta_1, beta_2, epsilon, l2] = [step.beta_1, step.beta_2, step.epsilon, step.l2].map(R::of);
    let [keep_1, keep_2] = [1.0 - step.beta_1, 1.0 - step.beta_2].map(R::of);
    let shrink = R::of(1.0 - step.rate * step.decay);
    let rate = R::of(step.rate / corrections[0]);
    let unbias = R::of(corrections[1].sqrt().recip());
    let piece = |weight: &mut [R], gradient: &[R], moment_1: &mut [R], moment_2: &mut [R]| {
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
    };
    let [moment_1, moment_2] = moments;
    // Most tensors are biases and gains: waking another thread takes longer than updating one of them.
    if weight.len() <= PIECE {
        return piece(weight, gradient, moment_1, moment_2);
    }
    let weights = weight.par_chunks_mut(PIECE).zip(gradient.par_chunks(PIECE));
    let moments = moment_1.par_chunks_mut(PIECE).zip(moment_2.par_chunks_mut(PIECE));
    weights.zip(moments).for_each(|((weight, gradient), (moment_1, moment_2))| {
        piece(weight, gradient, moment_1, moment_2);
    });
}
