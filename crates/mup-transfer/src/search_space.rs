//! Which values are tried: a grid of powers of two for the rate, explicit lists for the others on request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Hyperparameter, Hyperparameters, SpaceError};

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
    /// [`SpaceError::Grid`]: ends out of order, a step that is not positive, a number that is not finite,
    /// exponents outside −60..=60, more than 200 points.
    pub fn new(low: f64, high: f64, step: f64) -> Result<Self, SpaceError> {
        let error = |reason| Err(SpaceError::Grid { low, high, step, reason });
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

/// The values to try: the product of the rate's grid and of the lists.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchSpace {
    /// Grid of the learning rate.
    pub rates: Log2Grid,
    /// Values of the hyperparameters that are not listed.
    pub fixed: Hyperparameters,
    lists: BTreeMap<Hyperparameter, Vec<f64>>,
}

impl SearchSpace {
    /// The learning rate alone, everything else 1.
    #[must_use]
    pub fn new(rates: Log2Grid) -> Self {
        Self { rates, fixed: Hyperparameters::at_rate(1.0), lists: BTreeMap::new() }
    }

    /// The same space with a list for another hyperparameter, written `alpha-output=0.25,1,4`.
    ///
    /// # Errors
    ///
    /// [`SpaceError`]: no `=`, an unknown name, the learning rate (it has its grid), the same name twice, a
    /// value that is not a positive finite number, the same value twice.
    pub fn with_list(mut self, text: &str) -> Result<Self, SpaceError> {
        let error = |reason| SpaceError::List { text: text.to_owned(), reason };
        let (name, values) = text.split_once('=').ok_or_else(|| error("expected NAME=VALUE,VALUE"))?;
        let hyperparameter: Hyperparameter = name.trim().parse()?;
        if hyperparameter == Hyperparameter::LearningRate {
            return Err(error("the learning rate has a grid of its own"));
        }
        let parse = |value: &str| value.trim().parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0);
        let values: Option<Vec<f64>> = values.split(',').map(parse).collect();
        let values = values.ok_or_else(|| error("every value has to be a positive finite number"))?;
        if values.iter().enumerate().any(|(i, value)| values[..i].iter().any(|other| other.total_cmp(value).is_eq())) {
            return Err(error("a value is listed twice"));
        }
        match self.lists.insert(hyperparameter, values) {
            Some(_) => Err(error("this hyperparameter is listed twice")),
            None => Ok(self),
        }
    }

    /// The hyperparameters that vary, the rate first.
    #[must_use]
    pub fn varied(&self) -> Vec<Hyperparameter> {
        std::iter::once(Hyperparameter::LearningRate).chain(self.lists.keys().copied()).collect()
    }

    /// Every combination of the listed values; the rate is to be filled in.
    #[must_use]
    pub fn combinations(&self) -> Vec<Hyperparameters> {
        let mut combinations = vec![self.fixed];
        for (hyperparameter, values) in &self.lists {
            let each = |base: Hyperparameters| values.iter().map(move |value| base.with(*hyperparameter, *value));
            combinations = combinations.into_iter().flat_map(each).collect();
        }
        combinations
    }

    /// Number of trials before the grid extends itself.
    #[must_use]
    pub fn n_trials(&self) -> usize {
        self.combinations().len() * self.rates.exponents().len()
    }
}
