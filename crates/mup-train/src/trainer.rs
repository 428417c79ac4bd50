//! A run: what it is configured with, and the loop.

use std::fmt;

use burn::module::Module;
use burn::optim::ModuleOptimizer;

use crate::run::Run;
use crate::{Event, Task, TrainError, Trained, Training};

/// Trains a model by a [`Training`], reporting to an observer.
pub struct Trainer<'a> {
    pub(crate) training: Training,
    pub(crate) observer: Box<dyn FnMut(&Event) + 'a>,
    pub(crate) interrupted: Box<dyn Fn() -> bool + 'a>,
}

impl fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer").field("training", &self.training).finish_non_exhaustive()
    }
}

impl<'a> Trainer<'a> {
    /// With these settings; warnings go to standard error.
    #[must_use]
    pub fn new(training: Training) -> Self {
        let warn = |event: &Event| {
            if let Event::Warning(warning) = event {
                eprintln!("warning: {warning}");
            }
        };
        Self { training, observer: Box::new(warn), interrupted: Box::new(|| false) }
    }

    /// Shows everything that happens, warnings too, to `observer`.
    #[must_use]
    pub fn observe(mut self, observer: impl FnMut(&Event) + 'a) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Asks `interrupted` before every step whether to stop.
    #[must_use]
    pub fn interrupt(mut self, interrupted: impl Fn() -> bool + 'a) -> Self {
        self.interrupted = Box::new(interrupted);
        self
    }

    /// Trains `model`, which stands on an autodiff device, with `optimizer`.
    ///
    /// # Errors
    ///
    /// [`TrainError`]: a setting without meaning, a task that cannot give a loss.
    pub fn train<M: Module, T: Task<M>>(
        self,
        task: &T,
        model: M,
        optimizer: ModuleOptimizer,
    ) -> Result<Trained<M>, TrainError> {
        self.training.check()?;
        let tokens_per_step = task.tokens_per_step();
        let run = Run { trainer: self, task, tokens_per_step, optimizer, losses: Vec::new(), evaluations: Vec::new() };
        run.train(model)
    }
}
