//! One training run of a family: everything that its numbers depend on.

use std::collections::BTreeMap;
use std::fmt;

use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use mup_init::initialize;
use mup_rules::{Run, RunScaling, ScalingPlan};

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
    /// Every hyperparameter by name; of the factors on a role's rate (`rate-input`, `rate-hidden`, `rate-output`,
    /// `rate-vector`) those that are asked for.
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
    /// What is prescribed for the model, in this run.
    pub plan: ScalingPlan,
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

    /// With another value of a hyperparameter; that it exists, and may be this, is asked at the start.
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

    /// With another number of the family's batches in a step.
    #[must_use]
    pub fn with_batches(mut self, batches: usize) -> Self {
        self.training.batches = batches;
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
        let value = self.values.get(hyperparameter).copied();
        value.or_else(|| hyperparameters::unasked(hyperparameter)).ok_or_else(unknown)
    }

    /// Whether each value is one that a run can have: of those that every family has 0 is none.
    ///
    /// # Errors
    ///
    /// The first that is not, by name.
    pub fn check_values(&self) -> Result<(), FamilyError> {
        hyperparameters::check(&self.values)
    }

    /// The family that the run trains: with its values of the family's own hyperparameters.
    ///
    /// # Errors
    ///
    /// A hyperparameter that the family has not, and those of [`check_values`](Self::check_values).
    pub fn family<F: Family>(&self, family: &F) -> Result<F, FamilyError> {
        hyperparameters::with_values(family, &self.values)
    }

    /// The base learning rate.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        self.values.get(LEARNING_RATE).copied().unwrap_or(self.training.learning_rate)
    }

    /// Batch and length of the run, in the tokens of the family with the run's values.
    ///
    /// # Errors
    ///
    /// A hyperparameter that the family has not.
    pub fn in_tokens<F: Family>(&self, family: &F) -> Result<Run, FamilyError> {
        let family = self.family(family)?;
        let batch = family.tokens_per_step() as f64 * self.training.batches as f64;
        Ok(Run::new(batch, batch * self.training.steps as f64))
    }

    /// What is prescribed for the run's model, with its values of the family's own hyperparameters, its batch and its length.
    /// Nothing is allocated.
    ///
    /// # Errors
    ///
    /// A hyperparameter that the family has not, and those of [`Growth::plan`] and [`ScalingPlan::with_run`].
    pub fn plan<F: Family>(&self, family: &F, device: &Device) -> Result<ScalingPlan, FamilyError> {
        let Growth { run, law, .. } = &self.growth;
        let family = self.family(family)?;
        let plan = hyperparameters::with_rates(self.growth.plan(&family, &self.size, device)?, &self.values)?;
        let target = self.in_tokens(&family)?;
        match *run {
            Some(base) if !base.is_as_long_as(&target) || !law.is_none() => {
                Ok(plan.with_run(base, target, law.clone())?)
            }
            _ => Ok(plan),
        }
    }

    /// The run's plan, if its model and its optimizer can be had, which is better known now than after a study. The model stays
    /// lazy.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan) and of the family's optimizer.
    pub fn check<F: Family>(&self, family: &F, device: &Device) -> Result<ScalingPlan, FamilyError> {
        let plan = self.plan(family, device)?;
        let family = self.family(family)?;
        family.optimizer(&plan, &family.model(&self.size, &device.clone().autodiff())?, self.learning_rate())?;
        Ok(plan)
    }

    /// What nothing follows in a plan of the run: added blocks; all of the run; or clipping and a warm-up in steps, of which no
    /// law here says anything.
    #[must_use]
    pub fn warnings(&self, plan: &ScalingPlan) -> Vec<String> {
        plan.depth_warning().into_iter().chain(self.of_the_run(plan)).collect()
    }

    fn of_the_run(&self, plan: &ScalingPlan) -> Vec<String> {
        let Some(run) = plan.run().filter(|run| run.changes()) else { return Vec::new() };
        if let Some(warning) = run.warning() {
            return vec![warning];
        }
        let clipping = self.training.max_norm.filter(|_| run.base.batch.to_bits() != run.target.batch.to_bits()).map(|norm| {
            format!(
                "gradients are clipped at the norm {norm} as in the proxy, and the law `{}` says nothing of that, while the \
                 noise in their norm falls as 1/√m_B",
                run.law.name
            )
        });
        clipping.into_iter().chain(self.warm_up_in_steps(run)).collect()
    }

    fn warm_up_in_steps(&self, run: &RunScaling) -> Option<String> {
        let warm_up = self.training.schedule.warm_up.filter(|steps| *steps > 0)?;
        ((run.base.steps() - run.target.steps()).abs() > 0.5).then(|| {
            format!(
                "the warm-up of {warm_up} steps is as long as in the proxy's {} steps, in a run of {}: leave it unset, and it \
                 is a twentieth of either",
                run.base.steps(),
                self.training.steps
            )
        })
    }

    /// Model and optimizer before the first step.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan), of the family's start and of its optimizer.
    pub fn start<F: Family>(&self, family: &F, device: &Device) -> Result<Started<F>, FamilyError> {
        let plan = self.plan(family, device)?;
        let family = self.family(family)?;
        let init_scale = self.values.get(INIT_SCALE).copied().unwrap_or(1.0);
        let start = family.start(&self.growth.base).scale_all(init_scale);
        let model = family.model(&self.size, &device.clone().autodiff())?;
        let model = initialize(model, &plan, &start, self.seed)?;
        let optimizer = family.optimizer(&plan, &model, self.learning_rate())?;
        Ok(Started { family, plan, model, optimizer })
    }

    /// Trains from scratch; `observe` sees every event, `interrupted` is asked before each step. That batch or length is not
    /// that of the growth's run, and no law follows it, is a warning, and so is what [`Family::untested`] says.
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
        mut observe: impl FnMut(&Event),
        interrupted: impl Fn() -> bool,
    ) -> Result<Trained<F::Model>, FamilyError> {
        let Started { family, plan, model, optimizer } = self.start(family, device)?;
        let untested = family.untested(&self.growth.base, &self.size);
        self.warnings(&plan).into_iter().chain(untested).for_each(|warning| observe(&Event::Warning(warning)));
        let training = Training { learning_rate: self.learning_rate(), seed: self.seed, ..self.training.clone() };
        let trainer = Trainer::new(training).observe(observe).interrupt(interrupted);
        let trainer = match folder {
            Some(folder) => trainer.in_folder(folder),
            None => trainer,
        };
        Ok(trainer.train(&Batches::new(&family, self.seed, device), model, optimizer)?)
    }
}
