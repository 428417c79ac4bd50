//! An even grid of powers of two.

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
