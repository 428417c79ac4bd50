//! A mean with Student's interval: for numbers that seeds repeat.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean over seeds with its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The mean.
    pub value: f64,
    /// Lower end; −∞ from a single value.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Mean of values with Student's interval of n − 1 degrees of freedom; none without values.
    ///
    /// ```
    /// # use mup_verdict::Interval;
    /// let mean = Interval::of_mean(&[1.0, 2.0, 3.0], 0.95).unwrap();
    /// assert!(mean.value == 2.0 && (mean.high - 2.0 - 4.3027 / 3.0_f64.sqrt()).abs() < 1e-4);
    /// ```
    #[must_use]
    pub fn of_mean(values: &[f64], confidence: f64) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        let value = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|each| (each - value).powi(2)).sum();
        let half = match values.len() {
            _ if !value.is_finite() => return Some(Self { value, low: value, high: value }),
            1 => f64::INFINITY,
            _ => student(n - 1.0, 0.5 + confidence / 2.0) * (squares / (n - 1.0) / n).sqrt(),
        };
        Some(Self { value, low: value - half, high: value + half })
    }

    /// Both ends moved outward.
    #[must_use]
    pub(crate) fn widened(self, by: f64) -> Self {
        Self { low: self.low - by, high: self.high + by, ..self }
    }

    /// Whether two intervals share a value.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// Whether it reaches over 0.
    #[must_use]
    pub fn contains_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

impl From<crate::Slope> for Interval {
    fn from(slope: crate::Slope) -> Self {
        Self { value: slope.value, low: slope.low, high: slope.high }
    }
}

/// Quantile of Student's t; infinite without a degree of freedom.
pub(crate) fn student(freedom: f64, probability: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |student| student.inverse_cdf(probability))
}

#[cfg(test)]
mod tests {
    use super::Interval;

    #[test]
    fn one_value_has_no_interval_and_none_has_no_mean() {
        let single = Interval::of_mean(&[3.0], 0.95).unwrap();
        assert!(single.low.is_infinite() && single.high.is_infinite() && single.contains_zero());
        assert_eq!(Interval::of_mean(&[], 0.95), None);
    }

    #[test]
    fn an_infinite_value_makes_the_mean_infinite_and_nothing_a_nan() {
        let mean = Interval::of_mean(&[1.0, f64::INFINITY], 0.95).unwrap();
        assert!(mean.value.is_infinite() && mean.low.is_infinite() && mean.high.is_infinite());
    }
}
