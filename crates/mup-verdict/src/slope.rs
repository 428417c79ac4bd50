//! Growth in width: least squares on a log-log scale, with a confidence interval.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The exponent s of `statistic ∝ width^s`, with its confidence interval.
///
/// 0 means that coordinates keep their size as the model is made wider; 1/2 and 1 are what a parametrization
/// that misses a factor of √width or width shows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slope {
    /// Least-squares estimate.
    #[serde(with = "crate::number")]
    pub value: f64,
    /// Lower end of the confidence interval; −∞ from two points, which fix a line but not its error.
    #[serde(with = "crate::number")]
    pub low: f64,
    /// Upper end of the confidence interval.
    #[serde(with = "crate::number")]
    pub high: f64,
}

impl Slope {
    /// Fits log₂ value on log₂ width over all points, seeds pooled.
    ///
    /// The interval is Student's t with n − 2 degrees of freedom: it covers the noise between seeds and the
    /// bend of the curve alike, both of which speak against a claim about the limit. None when fewer than two
    /// widths differ, or a value is not positive and finite.
    ///
    /// ```
    /// # use mup_verdict::Slope;
    /// let quadratic = [(32, 4.0), (64, 16.0), (128, 64.0)];
    /// let slope = Slope::fit(&quadratic, 0.95).unwrap();
    /// assert!((slope.value - 2.0).abs() < 1e-12 && slope.high - slope.low < 1e-6);
    /// assert!(Slope::fit(&[(32, 4.0), (32, 5.0)], 0.95).is_none());
    /// ```
    #[must_use]
    pub fn fit(points: &[(usize, f64)], confidence: f64) -> Option<Self> {
        if points.iter().any(|(width, value)| *width == 0 || !value.is_finite() || *value <= 0.0) {
            return None;
        }
        let points: Vec<(f64, f64)> =
            points.iter().map(|(width, value)| ((*width as f64).log2(), value.log2())).collect();
        let n = points.len() as f64;
        let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / n;
        let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / n;
        let s_xx: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        if points.len() < 2 || s_xx <= 0.0 {
            return None;
        }
        let s_xy: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
        let value = s_xy / s_xx;
        let residual: f64 = points.iter().map(|(x, y)| (y - mean_y - value * (x - mean_x)).powi(2)).sum();
        let half_width = match StudentsT::new(0.0, 1.0, n - 2.0) {
            Ok(student) => student.inverse_cdf(0.5 + confidence / 2.0) * (residual / (n - 2.0) / s_xx).sqrt(),
            Err(_) => f64::INFINITY,
        };
        Some(Self { value, low: value - half_width, high: value + half_width })
    }
}

#[cfg(test)]
mod tests {
    use super::Slope;

    #[test]
    fn two_points_give_a_slope_but_no_interval() {
        let slope = Slope::fit(&[(32, 1.0), (64, 2.0)], 0.95).expect("two widths");
        assert!((slope.value - 1.0).abs() < 1e-12);
        assert!(slope.low.is_infinite() && slope.high.is_infinite());
    }

    #[test]
    fn values_without_a_logarithm_have_no_slope() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Slope::fit(&[(32, 1.0), (64, bad), (128, 1.0)], 0.95), None, "{bad}");
        }
        assert_eq!(Slope::fit(&[], 0.95), None);
        assert_eq!(Slope::fit(&[(0, 1.0), (64, 1.0)], 0.95), None);
    }

    /// By hand: x = 0, 1, 2, y = 0, 1, 0 gives slope 0, residual sum 2/3, one degree of freedom, standard error
    /// √(2/3 / 1 / 2) = 0.57735; Student's t at 97.5 % with one degree of freedom is 12.7062. 1e-4 is the
    /// rounding of that quantile.
    #[test]
    fn the_interval_is_students() {
        let slope = Slope::fit(&[(1, 1.0), (2, 2.0), (4, 1.0)], 0.95).expect("three widths");
        assert!(slope.value.abs() < 1e-12);
        assert!((slope.high - 12.7062 * (1.0_f64 / 3.0).sqrt()).abs() < 1e-4, "{slope:?}");
        assert!((slope.high + slope.low).abs() < 1e-12);
    }

    #[test]
    fn more_seeds_narrow_the_interval() {
        let noisy = |seeds: usize| {
            let point = |width: usize, seed: usize| (width, if seed.is_multiple_of(2) { 1.1 } else { 0.9 });
            let points: Vec<_> = [32, 64, 128].iter().flat_map(|w| (0..seeds).map(move |s| point(*w, s))).collect();
            let slope = Slope::fit(&points, 0.95).expect("three widths");
            slope.high - slope.low
        };
        assert!(noisy(8) < noisy(2) / 1.5);
    }
}
