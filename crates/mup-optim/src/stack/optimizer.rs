//! One optimizer for K trials.

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer, OptimizerRecord};

use super::Rates;
use crate::OptimError;
use crate::resume::resume_trials;

/// The optimizer of K trials that are trained as one module; made by [`MupStack`](crate::MupStack).
pub struct StackOptimizer {
    inner: ModuleOptimizer,
    rates: Rates,
    trials: usize,
}

impl StackOptimizer {
    pub(super) fn of(inner: ModuleOptimizer, rates: Rates, trials: usize) -> Self {
        Self { inner, rates, trials }
    }

    /// Updates every trial with its own base learning rate, what its schedule gives for this step.
    ///
    /// # Errors
    ///
    /// [`OptimError::TrialCount`] unless there is one rate for each trial. Nothing is updated then. A rate that is not finite
    /// spoils its own trial and no other.
    pub fn step<M: Module>(&mut self, rates: &[f64], module: M, gradients: GradientsParams) -> Result<M, OptimError> {
        if rates.len() != self.trials {
            return Err(OptimError::TrialCount { what: "rates".to_owned(), found: rates.len(), trials: self.trials });
        }
        self.rates.set(rates);
        Ok(self.inner.step(1.0, module, gradients))
    }

    /// The state of all trials, for a checkpoint.
    #[must_use]
    pub fn to_record(&self) -> OptimizerRecord {
        self.inner.to_record()
    }

    /// Continues from a record; `module` has its weights already. See [`resume`](crate::resume).
    ///
    /// # Errors
    ///
    /// [`OptimError::Record`], also for the record of another number of trials.
    pub fn resume<M: Module>(self, record: OptimizerRecord, module: &M) -> Result<Self, OptimError> {
        Ok(Self { inner: resume_trials(self.inner, record, module, Some(self.trials))?, ..self })
    }
}

impl std::fmt::Debug for StackOptimizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StackOptimizer").field("trials", &self.trials).finish_non_exhaustive()
    }
}
