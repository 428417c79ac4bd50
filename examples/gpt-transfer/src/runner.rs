//! Runs one trial, or reads it, and says so.

use std::cell::RefCell;

use mup_rules::Parametrization;
use mup_transfer::{Hyperparameters, Source, Spent, Study, Trial, TrialRecord};

use crate::configuration::Configuration;
use crate::error::RunError;
use crate::experiment::short;
use crate::family;
use crate::progress::{self, Progress};
use crate::training::Trainer;

/// The study with the means to fill it.
#[derive(Debug)]
pub(crate) struct Runner {
    study: Study,
    trainer: Trainer,
    progress: Progress,
    used: RefCell<Vec<TrialRecord>>,
    tuning: RefCell<Spent>,
}

impl Runner {
    pub(crate) fn new(study: Study, trainer: Trainer, progress: Progress) -> Self {
        Self { study, trainer, progress, used: RefCell::default(), tuning: RefCell::default() }
    }

    pub(crate) fn configuration(&self) -> &Configuration {
        &self.trainer.configuration
    }

    pub(crate) fn study(&self) -> &Study {
        &self.study
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Every record asked for so far.
    pub(crate) fn used(&self) -> Vec<TrialRecord> {
        self.used.borrow().clone()
    }

    /// What tuning has consumed, trials of earlier runs included.
    pub(crate) fn tuning(&self) -> Spent {
        *self.tuning.borrow()
    }

    /// A trial whose cost counts as tuning.
    pub(crate) fn tuning_trial(
        &self,
        parametrization: &str,
        width: usize,
        values: &Hyperparameters,
    ) -> Result<TrialRecord, RunError> {
        let record = self.trial(parametrization, width, values)?;
        let spent = self.tuning().and(record.curve.parameters, record.curve.tokens, record.seconds);
        self.tuning.replace(spent);
        Ok(record)
    }

    /// The record of a trial: read if it is finished, otherwise trained now.
    pub(crate) fn trial(
        &self,
        parametrization: &str,
        width: usize,
        values: &Hyperparameters,
    ) -> Result<TrialRecord, RunError> {
        self.trainer.interrupt.check()?;
        let trial = self.describe(parametrization, width, values)?;
        let (parameters, steps) = (self.trainer.parameters(&trial), self.configuration().steps);
        let (record, source) = self.study.run(&trial, || {
            let label = format!("{} width {width} {values}", short(parametrization));
            self.progress.begin(label, parameters, steps, self.trainer.tokens_per_step());
            let curve = self.trainer.train(&trial, |loss| self.progress.step(loss));
            self.progress.end();
            curve
        })?;
        if source == Source::Read {
            self.progress.skip(progress::work(parameters, steps));
        }
        self.progress.say(&line(&record, &source));
        self.used.borrow_mut().push(record.clone());
        Ok(record)
    }

    fn describe(&self, parametrization: &str, width: usize, values: &Hyperparameters) -> Result<Trial, RunError> {
        let table = Parametrization::named(parametrization)?;
        let plan = family::plan(self.configuration(), width, table, &self.trainer.device)?;
        Ok(Trial {
            parametrization: parametrization.to_owned(),
            width,
            plan: plan.fingerprint(),
            hyperparameters: *values,
            seed: self.configuration().seed,
            settings: self.study.settings().clone(),
        })
    }
}

fn line(record: &TrialRecord, source: &Source) -> String {
    let trial = &record.trial;
    let name = format!("{} width {:>4}  {}", short(&trial.parametrization), trial.width, trial.hyperparameters);
    let speed = record.curve.tokens as f64 / record.seconds.max(1e-9);
    let result = format!("  {name:<40} loss {}  {:>6.1} s {speed:>7.0} tokens/s", record.outcome, record.seconds);
    match source {
        Source::Trained => result,
        Source::Read => format!("{result}  (finished before)"),
        Source::Repaired { kept_as, reason } => format!(
            "warning: the record of this trial was damaged ({reason}); it was kept as {} and the trial was run again\n\
             {result}",
            kept_as.display()
        ),
    }
}
