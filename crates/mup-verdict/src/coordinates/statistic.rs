//! Numbers for the size of an activation's coordinates. Plain arithmetic on slices: no tensors, no models.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number for the size of the coordinates of a vector.
///
/// # Reference
///
/// microsoft/mup, `mup/coord_check.py` (`l1`: mean absolute value, `l2`: root mean square, `std`), commit 1981497;
/// Tensor Programs V, arXiv:2203.03466v2, Figure 5 (standard deviation of the coordinates of x_t − x_0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Mean absolute value, ‖x‖₁/n; `l1` in microsoft/mup.
    MeanAbs,
    /// Root mean square, ‖x‖₂/√n; `l2` in microsoft/mup.
    Rms,
    /// Standard deviation of the coordinates around their mean.
    Std,
    /// Largest absolute value.
    Max,
}

impl Statistic {
    /// All statistics, in the order in which they are recorded.
    pub const ALL: [Self; 4] = [Self::MeanAbs, Self::Rms, Self::Std, Self::Max];

    /// The statistic of the values, accumulated in f64. Not finite when a value is not, or when there are none.
    ///
    /// ```
    /// # use mup_verdict::coordinates::Statistic;
    /// let x = [1.0, -1.0, 3.0, -3.0];
    /// assert_eq!(Statistic::MeanAbs.of(&x), 2.0);
    /// assert_eq!(Statistic::Max.of(&x), 3.0);
    /// assert!(Statistic::Max.of(&[1.0, f32::NAN]).is_nan());
    /// ```
    #[must_use]
    pub fn of(self, values: &[f32]) -> f64 {
        let mean = |of: &dyn Fn(f64) -> f64| {
            let sum: f64 = values.iter().map(|x| of(f64::from(*x))).sum();
            sum / values.len() as f64
        };
        match self {
            Self::MeanAbs => mean(&f64::abs),
            Self::Rms => mean(&|x| x * x).sqrt(),
            Self::Std => {
                let center = mean(&|x| x);
                mean(&|x| (x - center) * (x - center)).sqrt()
            }
            Self::Max if values.is_empty() => f64::NAN,
            Self::Max => values.iter().map(|x| f64::from(x.abs())).fold(0.0, maximum),
        }
    }
}

/// The larger of two numbers; unlike `f64::max`, NaN wins.
fn maximum(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MeanAbs => "mean-abs",
            Self::Rms => "rms",
            Self::Std => "std",
            Self::Max => "max",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Statistic;

    /// Sums of a handful of small integers are exact in f64; only the square roots round.
    fn check(values: &[f32], mean_abs: f64, rms: f64, std: f64, max: f64) {
        for (statistic, expected) in Statistic::ALL.into_iter().zip([mean_abs, rms, std, max]) {
            let found = statistic.of(values);
            assert!((found - expected).abs() < 1e-15, "{statistic} of {values:?}: {found}, not {expected}");
        }
    }

    #[test]
    fn statistics_of_small_vectors_are_those_done_by_hand() {
        check(&[3.0, -4.0], 3.5, 12.5_f64.sqrt(), 3.5, 4.0);
        check(&[2.0, 2.0, 2.0], 2.0, 2.0, 0.0, 2.0);
        check(&[0.0], 0.0, 0.0, 0.0, 0.0);
    }

    #[test]
    fn a_value_that_is_not_finite_makes_every_statistic_not_finite() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for statistic in Statistic::ALL {
                assert!(!statistic.of(&[1.0, bad, 2.0]).is_finite(), "{statistic} of {bad}");
            }
        }
        assert!(Statistic::ALL.iter().all(|statistic| !statistic.of(&[]).is_finite()));
    }

    #[test]
    fn large_values_do_not_overflow() {
        assert!(Statistic::Rms.of(&[f32::MAX, f32::MAX]).is_finite());
    }
}
