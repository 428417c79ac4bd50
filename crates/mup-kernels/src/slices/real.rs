//! Floating-point numbers that the kernels are written for: f32 to train, f64 to check gradients.

use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use burn::tensor::Element;

/// f32 or f64, with elementary functions that compile to vector instructions where f32 is concerned: without branches and
/// without calls.
pub(crate) trait Real:
    Element
    + bytemuck::Pod
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
{
    const ZERO: Self;
    const ONE: Self;
    /// e^x is 0 for x below it.
    ///
    /// For f32 half of the way to the smallest normal number: what is left, times a gradient that is as small, is normal.
    /// With a subnormal factor a product takes x86 processors a hundred times as long, and matrix kernels meet each factor
    /// many times. What is lost is 2⁻³⁹ of the rounding of 1, the size of a softmax's sum, of sigmoids and of Φ.
    const LOWEST: Self;

    fn of(value: f64) -> Self;
    fn double(self) -> f64;
    /// e^x; zero below [`Self::LOWEST`], for f32 infinite above 88.
    fn exp(self) -> Self;
    /// The error function.
    fn erf(self) -> Self;
    fn ln(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    fn sqrt(self) -> Self;
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const LOWEST: Self = -43.5;

    #[inline(always)]
    fn of(value: f64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn double(self) -> f64 {
        f64::from(self)
    }

    /// Cephes' `expf` (Moshier, netlib.org/cephes/single): x = n ln 2 + r, a polynomial of degree 7 in r, times 2ⁿ.
    #[inline(always)]
    fn exp(self) -> Self {
        const HIGHEST: f32 = 88.0;
        // Adding and subtracting it rounds to an integer, which is then in the low bits.
        const ROUND: f32 = 12_582_912.0;
        let inside = if self < Self::LOWEST { Self::LOWEST } else { self };
        let inside = if inside > HIGHEST { HIGHEST } else { inside };
        let shifted = inside * core::f32::consts::LOG2_E + ROUND;
        let n = shifted - ROUND;
        let r = inside - n * 0.693_359_4 - n * -2.121_944_4e-4;
        let mut series = 1.987_569_1e-4;
        for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5, 1.0, 1.0] {
            series = series * r + coefficient;
        }
        let power = Self::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
        let value = series * power;
        let value = if self < Self::LOWEST { 0.0 } else { value };
        if self > HIGHEST { Self::INFINITY } else { value }
    }

    /// A rational approximation x·P(x²)/Q(x²), as in Eigen's `generic_fast_erf_float`; 4 ulp.
    #[inline(always)]
    fn erf(self) -> Self {
        const P: [f32; 7] = [
            -2.726_142_4e-10,
            2.770_681_5e-8,
            -2.101_024_1e-6,
            -5.692_506_5e-5,
            -7.349_906e-4,
            -2.954_6e-3,
            -1.609_603_4e-2,
        ];
        const Q: [f32; 5] = [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2];
        let x = if self > 4.0 { 4.0 } else { self };
        let x = if x < -4.0 { -4.0 } else { x };
        let square = x * x;
        let mut p = P[0];
        for coefficient in &P[1..] {
            p = p * square + coefficient;
        }
        let mut q = Q[0];
        for coefficient in &Q[1..] {
            q = q * square + coefficient;
        }
        let value = x * p / q;
        let value = if self > 4.0 { 1.0 } else { value };
        if self < -4.0 { -1.0 } else { value }
    }

    #[inline(always)]
    fn ln(self) -> Self {
        Self::ln(self)
    }

    /// A rational approximation x·P(x²)/Q(x²), as in Eigen's `generic_fast_tanh_float`; a few ulp.
    #[inline(always)]
    fn tanh(self) -> Self {
        const LARGEST: f32 = 7.905_311;
        const P: [f32; 7] = [
            -2.760_768_4e-16,
            2.000_188e-13,
            -8.604_672e-11,
            5.122_297e-8,
            1.485_722_4e-5,
            6.372_619_3e-4,
            4.893_524_6e-3,
        ];
        const Q: [f32; 4] = [1.198_258_4e-6, 1.185_347e-4, 2.268_434_7e-3, 4.893_525e-3];
        let x = if self > LARGEST { LARGEST } else { self };
        let x = if x < -LARGEST { -LARGEST } else { x };
        let square = x * x;
        let mut p = P[0];
        for coefficient in &P[1..] {
            p = p * square + coefficient;
        }
        let mut q = Q[0];
        for coefficient in &Q[1..] {
            q = q * square + coefficient;
        }
        x * p / q
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const LOWEST: Self = Self::NEG_INFINITY;

    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn double(self) -> f64 {
        self
    }

    #[inline(always)]
    fn exp(self) -> Self {
        Self::exp(self)
    }

    #[inline(always)]
    fn erf(self) -> Self {
        libm::erf(self)
    }

    #[inline(always)]
    fn ln(self) -> Self {
        Self::ln(self)
    }

    #[inline(always)]
    fn tanh(self) -> Self {
        libm::tanh(self)
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Real;

    fn worst(range: (f32, f32), ours: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        let steps = 200_000;
        let x = |i| range.0 + (range.1 - range.0) * i as f32 / steps as f32;
        let error = |x: f32| ((f64::from(ours(x)) - exact(f64::from(x))) / exact(f64::from(x)).abs().max(1e-30)).abs();
        (0..=steps).map(|i| error(x(i))).fold(0.0, f64::max)
    }

    #[test]
    fn exp_is_right_to_a_few_units_in_the_last_place() {
        let error = worst((-43.4, 87.9), <f32 as Real>::exp, f64::exp);
        assert!(error < 2e-7, "{error}");
    }

    #[test]
    fn exp_is_zero_or_as_far_from_subnormal_as_from_one() {
        for i in 0..=200_000 {
            let y = <f32 as Real>::exp(i as f32 * (-110.0 / 200_000.0));
            assert!(y == 0.0 || (y * y).is_normal(), "{y}");
        }
    }

    #[test]
    fn erf_is_right_to_a_few_units_in_the_last_place() {
        let error = worst((-5.0, 5.0), <f32 as Real>::erf, libm::erf);
        assert!(error < 5e-7, "{error}");
    }

    #[test]
    fn tanh_is_right_to_a_few_units_in_the_last_place() {
        let error = worst((-12.0, 12.0), <f32 as Real>::tanh, f64::tanh);
        assert!(error < 5e-7, "{error}");
        let error = worst((-1e-3, 1e-3), <f32 as Real>::tanh, f64::tanh);
        assert!(error < 5e-7, "{error}");
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these values are exact")]
    fn special_values_are_kept() {
        assert!(<f32 as Real>::exp(f32::NAN).is_nan() && <f32 as Real>::erf(f32::NAN).is_nan());
        assert!(<f32 as Real>::tanh(f32::NAN).is_nan());
        assert_eq!([f32::NEG_INFINITY, f32::INFINITY, 0.0].map(<f32 as Real>::exp), [0.0, f32::INFINITY, 1.0]);
        assert_eq!([f32::NEG_INFINITY, f32::INFINITY, 0.0].map(<f32 as Real>::erf), [-1.0, 1.0, 0.0]);
    }
}
