//! Vector instructions without intrinsics: loops are compiled once for each instruction set and the best one is taken.

use super::real::Real;

/// Independent partial sums in a reduction: four vectors of the widest instruction set.
const LANES: usize = 64;

/// Runs the body with the widest vector instructions that this processor has (AVX-512, AVX2, NEON, or none).
///
/// Everything that the body calls must be `#[inline(always)]` to be compiled for them. The compiler never contracts a
/// product and a sum, so the bits do not depend on the instruction set.
#[inline(always)]
pub(crate) fn vectorized<Output>(body: impl FnOnce() -> Output) -> Output {
    #[cfg(test)]
    if tests::PORTABLE.load(core::sync::atomic::Ordering::Relaxed) {
        return body();
    }
    pulp::Arch::new().dispatch(body)
}

/// Σ f(a_i, b_i), in an order that depends on the length only.
#[inline(always)]
pub(crate) fn sum<R: Real>(a: &[R], b: &[R], f: impl Fn(R, R) -> R) -> R {
    let mut lanes = [R::ZERO; LANES];
    let (a_whole, a_rest) = a.as_chunks::<LANES>();
    let (b_whole, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_whole.iter().zip(b_whole) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f(*a, *b);
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += f(*a, *b);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            let other = lanes[i + width];
            lanes[i] += other;
        }
        width /= 2;
    }
    lanes[0]
}

/// The larger one; NaN if one is.
#[inline(always)]
pub(crate) fn larger<R: Real>(x: R, y: R) -> R {
    if y > x || y.not_a_number() { y } else { x }
}

/// The largest value; NaN if there is one.
#[inline(always)]
pub(crate) fn maximum<R: Real>(a: &[R]) -> R {
    let mut lanes = [R::of(f64::NEG_INFINITY); LANES];
    let (whole, rest) = a.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, *value);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = larger(*lane, *value);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = larger(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// a_i = b_i, without a call for the widths that heads have.
#[inline(always)]
pub(crate) fn copy<R: Real>(a: &mut [R], b: &[R]) {
    match a.len() {
        16 => copy_array::<R, 16>(a, b),
        32 => copy_array::<R, 32>(a, b),
        64 => copy_array::<R, 64>(a, b),
        128 => copy_array::<R, 128>(a, b),
        _ => a.copy_from_slice(b),
    }
}

#[inline(always)]
fn copy_array<R: Real, const N: usize>(a: &mut [R], b: &[R]) {
    let (a, b): (&mut [R; N], &[R; N]) = (a.try_into().expect("N numbers"), b.try_into().expect("as many"));
    *a = *b;
}

/// a_i += b_i.
#[inline(always)]
pub(crate) fn add<R: Real>(a: &mut [R], b: &[R]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += *b;
    }
}

trait NotANumber {
    fn not_a_number(self) -> bool;
}

impl<R: Real> NotANumber for R {
    #[inline(always)]
    #[allow(clippy::eq_op, clippy::float_cmp, reason = "the definition of NaN")]
    fn not_a_number(self) -> bool {
        self != self
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use core::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, PoisonError};

    use super::{maximum, sum, vectorized};

    /// Whether the process goes without vector instructions, which changes no result of tests that run beside.
    pub(crate) static PORTABLE: AtomicBool = AtomicBool::new(false);

    /// The result with and without the instructions of this processor.
    pub(crate) fn both_ways<Output>(body: impl Fn() -> Output) -> [Output; 2] {
        static SWITCH: Mutex<()> = Mutex::new(());
        let switch = SWITCH.lock().unwrap_or_else(PoisonError::into_inner);
        let vector = body();
        PORTABLE.store(true, Ordering::Relaxed);
        let portable = body();
        PORTABLE.store(false, Ordering::Relaxed);
        drop(switch);
        [vector, portable]
    }

    #[test]
    fn sums_and_maxima_have_the_same_bits_with_and_without_vector_instructions() {
        for length in [0, 1, 7, 64, 65, 1000] {
            let values: Vec<f32> = (0..length).map(|i| ((i * 7919) as f32).sin()).collect();
            let [vector, portable] = both_ways(|| {
                vectorized(|| (sum(&values, &values, |a, b| a * b).to_bits(), maximum(&values).to_bits()))
            });
            assert_eq!(vector, portable);
        }
    }

    #[test]
    fn a_maximum_with_nan_is_nan() {
        for at in 0..70 {
            let mut values = vec![1.0_f32; 70];
            values[at] = f32::NAN;
            assert!(maximum(&values).is_nan(), "{at}");
        }
    }
}
