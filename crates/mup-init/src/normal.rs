//! The normal distribution function and its inverse, the same bits on every platform.

/// The largest absolute quantile of a number that [`crate::Stream`] yields, rounded up: Φ⁻¹(1 − 2⁻⁵³).
pub(crate) const LARGEST: f64 = 8.21;

/// Φ(x).
pub(crate) fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Φ⁻¹(p) for p in (0, 1), to about 1 part in 10¹⁶.
///
/// # Reference
///
/// M. J. Wichura, Algorithm AS 241 (routine PPND16), Applied Statistics 37(3), 1988, pp. 477–484.
pub(crate) fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * polynomial(r, &CENTER.0) / polynomial(r, &CENTER.1);
    }
    let r = libm::sqrt(-libm::log(p.min(1.0 - p)));
    let x = if r <= 5.0 {
        polynomial(r - 1.6, &TAIL.0) / polynomial(r - 1.6, &TAIL.1)
    } else {
        polynomial(r - 5.0, &FAR_TAIL.0) / polynomial(r - 5.0, &FAR_TAIL.1)
    };
    x.copysign(q)
}

/// Horner's scheme, coefficients from the highest power down.
fn polynomial(x: f64, coefficients: &[f64; 8]) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

type Ratio = ([f64; 8], [f64; 8]);

#[expect(clippy::excessive_precision, reason = "as printed in AS 241")]
const CENTER: Ratio = (
    [
        2.5090809287301226727e+3,
        3.3430575583588128105e+4,
        6.7265770927008700853e+4,
        4.5921953931549871457e+4,
        1.3731693765509461125e+4,
        1.9715909503065514427e+3,
        1.3314166789178437745e+2,
        3.3871328727963666080e+0,
    ],
    [
        5.2264952788528545610e+3,
        2.8729085735721942674e+4,
        3.9307895800092710610e+4,
        2.1213794301586595867e+4,
        5.3941960214247511077e+3,
        6.8718700749205790830e+2,
        4.2313330701600911252e+1,
        1.0,
    ],
);

#[expect(clippy::excessive_precision, reason = "as printed in AS 241")]
const TAIL: Ratio = (
    [
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e+0,
        3.64784832476320460504e+0,
        5.76949722146069140550e+0,
        4.63033784615654529590e+0,
        1.42343711074968357734e+0,
    ],
    [
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e+0,
        2.05319162663775882187e+0,
        1.0,
    ],
);

#[expect(clippy::excessive_precision, reason = "as printed in AS 241")]
const FAR_TAIL: Ratio = (
    [
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e+0,
        5.46378491116411436990e+0,
        6.65790464350110377720e+0,
    ],
    [
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ],
);

#[cfg(test)]
mod tests {
    use super::{LARGEST, cdf, quantile};

    #[test]
    fn the_distribution_function_and_its_inverse_equal_a_forty_digit_computation() {
        // Φ by mpmath, rounded to f64.
        for (x, p) in [
            (-0.05, 0.4800611941616275),
            (-0.25, 0.4012936743170763),
            (-0.5, 0.3085375387259869),
            (-0.708, 0.2394726287398799),
            (-1.0, 0.15865525393145705),
            (-1.3, 0.09680048458561033),
            (-1.5, 0.06680720126885807),
            (-2.0, 0.02275013194817921),
            (-3.0, 0.0013498980316300946),
            (-5.0, 2.866515718791939e-7),
            (-8.0, 6.220960574271784e-16),
        ] {
            // In the lower half p keeps its relative precision; a few roundings of 1e-16, times x² in erfc.
            assert!((cdf(x) / p - 1.0_f64).abs() < 1e-14, "{x}: {}", cdf(x));
            assert!((quantile(p) - x).abs() < 1e-15_f64.max(1e-15 * x.abs()), "{x}: {}", quantile(p));
        }
    }

    #[test]
    fn quantile_equals_published_values() {
        // AS 241, test values: PPND16 at 0.25, 0.001 and 1e-20.
        for (p, x) in
            [(0.25, -0.674_489_750_196_081_7), (0.001, -3.090_232_306_167_813_5), (1e-20, -9.262_340_089_798_408)]
        {
            assert!((quantile(p) / x - 1.0_f64).abs() < 1e-15, "{p}");
        }
    }

    #[test]
    fn quantile_is_odd_about_one_half() {
        for i in 1..1024 {
            let p = f64::from(i) / 1024.0;
            assert!((quantile(p) + quantile(1.0 - p)).abs() < 1e-15 * quantile(p).abs().max(1.0), "{p}");
        }
        assert!(quantile(f64::EPSILON / 2.0).abs() < LARGEST);
    }
}
