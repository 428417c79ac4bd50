//! An even grid of powers of two.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A grid that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("no grid of log2 learning rates from {low} to {high} by {step}: {reason}")]
pub struct GridError {
    /// Low end.
    pub low: f64,
    /// High end.
    pub high: f64,
    /// Step.
    pub step: f64,
    /// What is wrong.
    pub reason: &'static str,
}

/// An even grid of log₂ learning rates, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log2Grid {
    low: f64,
    high: f64,
    step: f64,
}

impl Log2Grid {
    /// Exponents from `low` to `high` by `step`, in octaves.
    ///
    /// # Errors
    ///
    /// [`GridError`]: ends out of order, a step that is not positive, a number that is not finite,
    /// exponents outside −60..=60, more than 200 points.
    pub fn new(low: f64, high: f64, step: f64) -> Result<Self, GridError> {
        let error = |reason| Err(GridError { low, high, step, reason });
        if ![low, high, step].iter().all(|value| value.is_finite()) {
            return error("every number has to be finite");
        }
        if step <= 0.0 || low > high {
            return error("the low end comes first and the step is positive");
        }
        if low < -60.0 || high > 60.0 {
            return error("exponents of two outside -60..=60 are no learning rates");
        }
        if (high - low) / step > 200.0 {
            return error("more than 200 points");
        }
        Ok(Self { low, high, step })
    }

    /// The exponents, ascending.
    #[must_use]
    pub fn exponents(&self) -> Vec<f64> {
        let n_steps = ((self.high - self.low) / self.step + 1e-9).floor() as usize;
        (0..=n_steps).map(|i| self.low + i as f64 * self.step).collect()
    }

    /// Distance of neighbors, in octaves.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.step
    }
}

/// As a command line writes it: `LOW:HIGH`, by octaves, or `LOW:HIGH:STEP`. The error says what is wrong, and how to write
/// it.
///
/// ```
/// use mup_sweep::Log2Grid;
/// let grid: Log2Grid = "-3:-2:0.5".parse()?;
/// assert_eq!(grid.exponents(), [-3.0, -2.5, -2.0]);
/// # Ok::<(), String>(())
/// ```
impl FromStr for Log2Grid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Result<Vec<f64>, _> = text.split(':').map(|number| number.trim().parse::<f64>()).collect();
        match numbers.map_err(|error| format!("{error}; write LOW:HIGH or LOW:HIGH:STEP, for example -10:-4"))?[..] {
            [low, high] => Self::new(low, high, 1.0).map_err(|error| error.to_string()),
            [low, high, step] => Self::new(low, high, step).map_err(|error| error.to_string()),
            _ => Err("write LOW:HIGH or LOW:HIGH:STEP, for example -10:-4".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Log2Grid;

    #[test]
    fn grids_are_read_with_negative_exponents_and_what_is_none_is_refused() {
        let exponents = |text: &str| text.parse::<Log2Grid>().map(|grid| grid.exponents());
        assert_eq!(exponents("-1:1"), Ok(vec![-1.0, 0.0, 1.0]));
        for wrong in ["", "-3", "-2:-3", "a:b", "1:2:3:4", "0:1:0", "0:nan"] {
            assert!(exponents(wrong).is_err(), "{wrong}");
        }
    }
}
