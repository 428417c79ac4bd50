//! The rates of the step at hand.

use std::sync::{Arc, PoisonError, RwLock};

/// One rate for each trial, which every group of parameters reads: Burn hands an optimizer one number only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates(Arc<RwLock<Vec<f64>>>);

impl Rates {
    pub(super) fn set(&self, rates: &[f64]) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = rates.to_vec();
    }

    pub(crate) fn now(&self) -> Vec<f64> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
