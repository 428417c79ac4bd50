//! Numbers for the size of an activation's coordinates. Plain arithmetic on slices: no tensors, no models.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{CheckError, covariance::Covariance};

/// A number for the size of the coordinates of a collection of vectors.
///
/// | here | microsoft/mup | definition |
/// |---|---|---|
/// | `mean-abs` | `l1` | mean of abs x |
/// | `rms` | `l2` | √ mean of x² |
/// | `mean` | `mean` | mean of x |
/// | `std` | `std` | deviation from the mean, n − 1 in the denominator |
/// | `max` | – | largest abs x |
/// | `cov-mean-abs` | `covl1` | mean of abs C |
/// | `cov-rms` | `covl2` | √ mean of C² |
/// | `cov-off-diagonal-mean-abs` | `covoffdiagl1` | the same without the diagonal |
/// | `cov-off-diagonal-rms` | `covoffdiagl2` | the same without the diagonal |
///
/// C is the Gram matrix X Xᵀ / d of the vectors, one per example and position: C_ij says how alike the model sees
/// i and j, and has a limit in a wide model. It costs N² d operations for N vectors, so it is measured on request.
///
/// Where microsoft/mup gets NaN from a mean over nothing (the deviation of one number, the off-diagonal part of
/// one vector), these are 0 here: there is nothing to fit, and nothing has diverged.
///
/// # Reference
///
/// microsoft/mup, `mup/coord_check.py`, `FDICT`, commit 0518b39; Tensor Programs V, arXiv:2203.03466v2, Figure 5
/// (standard deviation of the coordinates of x_t − x_0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Mean absolute value, ‖x‖₁/n.
    MeanAbs,
    /// Root mean square, ‖x‖₂/√n.
    Rms,
    /// Mean. It has a sign, and may well be noise around 0: its absolute value is fitted, and no claim is made.
    Mean,
    /// Standard deviation of the coordinates around their mean.
    Std,
    /// Largest absolute value.
    Max,
    /// Mean absolute entry of the Gram matrix.
    CovMeanAbs,
    /// Root mean square entry of the Gram matrix.
    CovRms,
    /// Mean absolute entry of the Gram matrix between different vectors.
    CovOffDiagonalMeanAbs,
    /// Root mean square entry of the Gram matrix between different vectors.
    CovOffDiagonalRms,
}

impl Statistic {
    /// Every statistic.
    pub const ALL: &[Self] = &[
        Self::MeanAbs,
        Self::Rms,
        Self::Mean,
        Self::Std,
        Self::Max,
        Self::CovMeanAbs,
        Self::CovRms,
        Self::CovOffDiagonalMeanAbs,
        Self::CovOffDiagonalRms,
    ];

    /// What a check records unless told otherwise: what costs one pass over the values.
    pub const DEFAULT: &[Self] = &[Self::MeanAbs, Self::Rms, Self::Std, Self::Max];

    /// The statistic of values that are vectors of `d` coordinates, one after the other; in f64.
    ///
    /// Not finite when a value is not, or when there are none.
    ///
    /// ```
    /// # use mup_verdict::coordinates::Statistic;
    /// let x = [1.0, -1.0, 3.0, -3.0];
    /// assert_eq!(Statistic::MeanAbs.of(&x, 2), 2.0);
    /// assert_eq!(Statistic::Max.of(&x, 2), 3.0);
    /// // C = [[1, 3], [3, 9]]
    /// assert_eq!(Statistic::CovMeanAbs.of(&x, 2), 4.0);
    /// assert!(Statistic::Max.of(&[1.0, f32::NAN], 2).is_nan());
    /// ```
    #[must_use]
    pub fn of(self, values: &[f32], d: usize) -> f64 {
        self.measure(values, &mut || Covariance::of(values, d))
    }

    fn measure(self, values: &[f32], covariance: &mut dyn FnMut() -> Covariance) -> f64 {
        let mean = |of: &dyn Fn(f64) -> f64| {
            let sum: f64 = values.iter().map(|x| of(f64::from(*x))).sum();
            sum / values.len() as f64
        };
        match self {
            Self::MeanAbs => mean(&f64::abs),
            Self::Rms => mean(&|x| x * x).sqrt(),
            Self::Mean => mean(&|x| x),
            Self::Std => {
                let center = mean(&|x| x);
                let freedom = (values.len() as f64 - 1.0).max(1.0);
                (mean(&|x| (x - center) * (x - center)) * values.len() as f64 / freedom).sqrt()
            }
            Self::Max if values.is_empty() => f64::NAN,
            Self::Max => values.iter().map(|x| f64::from(x.abs())).fold(0.0, maximum),
            Self::CovMeanAbs => covariance().mean_abs(),
            Self::CovRms => covariance().rms(),
            Self::CovOffDiagonalMeanAbs => covariance().off_diagonal_mean_abs(),
            Self::CovOffDiagonalRms => covariance().off_diagonal_rms(),
        }
    }

    /// Whether theory says that the statistic of an activation is Θ(1) in width.
    pub(crate) fn has_claim(self) -> bool {
        self != Self::Mean
    }

    fn name(self) -> &'static str {
        match self {
            Self::MeanAbs => "mean-abs",
            Self::Rms => "rms",
            Self::Mean => "mean",
            Self::Std => "std",
            Self::Max => "max",
            Self::CovMeanAbs => "cov-mean-abs",
            Self::CovRms => "cov-rms",
            Self::CovOffDiagonalMeanAbs => "cov-off-diagonal-mean-abs",
            Self::CovOffDiagonalRms => "cov-off-diagonal-rms",
        }
    }
}

/// Several statistics of the same values; the Gram matrix is gone through once.
pub(crate) fn measure(statistics: &[Statistic], values: &[f32], d: usize) -> Vec<f64> {
    let mut known = None;
    let mut covariance = || *known.get_or_insert_with(|| Covariance::of(values, d));
    statistics.iter().map(|statistic| statistic.measure(values, &mut covariance)).collect()
}

/// The larger of two numbers; unlike `f64::max`, NaN wins.
fn maximum(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Statistic {
    type Err = CheckError;

    /// The name as printed.
    fn from_str(name: &str) -> Result<Self, CheckError> {
        let found = Self::ALL.iter().copied().find(|statistic| statistic.name() == name);
        found.ok_or_else(|| CheckError::UnknownName {
            what: "statistic",
            name: name.to_owned(),
            known: Self::ALL.iter().map(|statistic| statistic.name()).collect::<Vec<_>>().join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Statistic, measure};

    /// Sums of a handful of small integers are exact in f64; only the square roots round.
    fn check(values: &[f32], mean_abs: f64, rms: f64, std: f64, max: f64) {
        for (statistic, expected) in Statistic::DEFAULT.iter().zip([mean_abs, rms, std, max]) {
            let found = statistic.of(values, values.len());
            assert!((found - expected).abs() < 1e-14, "{statistic} of {values:?}: {found}, not {expected}");
        }
    }

    #[test]
    fn statistics_of_small_vectors_are_those_done_by_hand() {
        check(&[3.0, -4.0], 3.5, 12.5_f64.sqrt(), 24.5_f64.sqrt(), 4.0);
        check(&[2.0, 2.0, 2.0], 2.0, 2.0, 0.0, 2.0);
        check(&[0.0], 0.0, 0.0, 0.0, 0.0);
    }

    #[test]
    fn a_value_that_is_not_finite_makes_every_statistic_not_finite() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for statistic in Statistic::ALL {
                assert!(!statistic.of(&[1.0, bad, 2.0, 3.0], 2).is_finite(), "{statistic} of {bad}");
            }
        }
        assert!(Statistic::ALL.iter().all(|statistic| !statistic.of(&[], 0).is_finite()));
    }

    #[test]
    fn large_values_do_not_overflow() {
        assert!(Statistic::Rms.of(&[f32::MAX, f32::MAX], 2).is_finite());
    }

    #[test]
    fn measured_together_equals_measured_alone() {
        let values = [1.0, -2.0, 0.5, 4.0, 3.0, -1.0];
        let alone: Vec<u64> = Statistic::ALL.iter().map(|statistic| statistic.of(&values, 2).to_bits()).collect();
        let together: Vec<u64> = measure(Statistic::ALL, &values, 2).into_iter().map(f64::to_bits).collect();
        assert_eq!(together, alone);
    }

    #[test]
    fn every_statistic_is_read_by_the_name_it_prints() {
        for &statistic in Statistic::ALL {
            assert_eq!(statistic.to_string().parse::<Statistic>().ok(), Some(statistic));
        }
        let error = "covl1".parse::<Statistic>().expect_err("unknown").to_string();
        assert!(error.contains("covl1") && error.contains("cov-mean-abs"), "{error}");
    }
}
