//! One training run of a family: everything that its numbers depend on.

use std::collections::BTreeMap;
use std::fmt;

use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use mup_rules::ScalingPlan;

use super::hyperparameters::{self, INIT_SCALE, LEARNING_RATE};
use super::{Batches, Family, FamilyError, Growth, Size};
use crate::{Event, RunFolder, Trained, Trainer, Training};

/// One training run of a family; with the family's own [`fingerprint`](Family::fingerprint), all that its numbers depend
/// on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FamilyRun {
    /// From which base, and under which rules.
    pub growth: Growth,
    /// The size of the model.
    pub size: Size,
    /// Every hyperparameter by name.
    pub values: BTreeMap<String, f64>,
    /// Of weights and batches.
    pub seed: u64,
    /// Steps, schedule, clipping; its rate and seed are those of `values` and `seed`.
    pub training: Training,
}

/// A run before its first step.
#[non_exhaustive]
pub struct Started<F: Family> {
    /// The family, with the run's values of its own hyperparameters.
    pub family: F,
    /// The model with its weights.
    pub model: F::Model,
    /// Its optimizer.
    pub optimizer: ModuleOptimizer,
}

impl<F: Family> fmt::Debug for Started<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("model", &self.model).finish_non_exhaustive()
    }
}

impl FamilyRun {
    /// The family's own values and training, seed 0.
    #[must_use]
    pub fn new<F: Family>(family: &F, growth: Growth, size: Size) -> Self {
        let (values, training) = (hyperparameters::values(family), family.training());
        Self { growth, size, values, seed: 0, training }
    }

    /// With another value of a hyperparameter; that it exists is asked at the start.
    #[must_use]
    pub fn with(mut self, hyperparameter: &str, value: f64) -> Self {
        self.values.insert(hyperparameter.to_owned(), value);
        self
    }

    /// With another seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// With another number of steps.
    #[must_use]
    pub fn with_steps(mut self, steps: usize) -> Self {
        self.training.steps = steps;
        self
    }

    /// With another size of the model.
    #[must_use]
    pub fn with_size(self, size: Size) -> Self {
        Self { size, ..self }
    }

    /// With another growth.
    #[must_use]
    pub fn with_growth(self, growth: Growth) -> Self {
        Self { growth, ..self }
    }

    /// The value of a hyperparameter.
    ///
    /// # Errors
    ///
    /// A name that there is not, with those that there are.
    pub fn value(&self, hyperparameter: &str) -> Result<f64, FamilyError> {
        let unknown = || hyperparameters::unknown(hyperparameter, self.values.keys().map(String::as_str));
        self.values.get(hyperparameter).copied().ok_or_else(unknown)
    }

    /// The base learning rate.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        self.values.get(LEARNING_RATE).copied().unwrap_or(self.training.learning_rate)
    }

    /// What is prescribed for the run's model, with its values of the family's own hyperparameters. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// A hyperparameter that the family has not, and those of [`Growth::plan`].
    pub fn plan<F: Family>(&self, family: &F, device: &Device) -> Result<ScalingPlan, FamilyError> {
        self.growth.plan(&hyperparameters::with_values(family, &self.values)?, &self.size, device)
    }

    /// Model and optimizer before the first step.
    ///
    /// # Errors
    ///
    /// A hyperparameter that the family has not, and those of [`Growth::start`].
    pub fn start<F: Family>(&self, family: &F, device: &Device) -> Result<Started<F>, FamilyError> {
        let family = hyperparameters::with_values(family, &self.values)?;
        let init_scale = self.values.get(INIT_SCALE).copied().unwrap_or(1.0);
        let (model, optimizer) = self.growth.start(&family, &self.size, init_scale, self.seed, device)?;
        Ok(Started { family, model, optimizer })
    }

    /// Trains from scratch; `observe` sees every event, `interrupted` is asked before each step.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start) and of [`Trainer::train`]. A run that diverges is none.
    pub fn train<F: Family>(
        &self,
        family: &F,
        device: &Device,
        observe: impl FnMut(&Event),
        interrupted: impl Fn() -> bool,
    ) -> Result<Trained<F::Model>, FamilyError> {
        self.train_in(None, family, device, observe, interrupted)
    }

    /// The same with checkpoints in a folder, if there is one, and on from its last.
    ///
    /// # Errors
    ///
    /// Those of [`train`](Self::train).
    pub fn train_in<F: Family>(
        &self,
        folder: Option<RunFolder>,
        family: &F,
        device: &Device,
        observe: impl FnMut(&Event),
        interrupted: impl Fn() -> bool,
    ) -> Result<Trained<F::Model>, FamilyError> {
        let Started { family, model, optimizer } = self.start(family, device)?;
        let training = Training { learning_rate: self.learning_rate(), seed: self.seed, ..self.training.clone() };
        let trainer = Trainer::new(training).observe(observe).interrupt(interrupted);
        let trainer = match folder {
            Some(folder) => trainer.in_folder(folder),
            None => trainer,
        };
        Ok(trainer.train(&Batches::new(&family, self.seed, device), model, optimizer)?)
    }
}
