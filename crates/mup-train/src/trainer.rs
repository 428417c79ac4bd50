//! A run: what it is configured with, and the loop.

use std::fmt;
use std::io::{self, Write};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use mup_kernels::Generator;
use mup_rules::ScalingPlan;

use crate::journal::Journal;
use crate::rounding::rounded_away;
use crate::run::Run;
use crate::seed::draw_lazy;
use crate::{Event, RunFolder, Task, TrainError, Trained, Training};

/// Trains a model by a [`Training`], reporting to an observer.
pub struct Trainer<'a> {
    training: Training,
    folder: Option<RunFolder>,
    observer: Box<dyn FnMut(&Event) + 'a>,
    interrupted: Box<dyn Fn() -> bool + 'a>,
    without_masters: Option<&'a ScalingPlan>,
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
                // Whoever closed standard error wants no warnings; that must not end the run.
                let _ = writeln!(io::stderr(), "warning: {warning}");
            }
        };
        let (observer, interrupted) = (Box::new(warn), Box::new(|| false));
        Self { training, folder: None, observer, interrupted, without_masters: None }
    }

    /// Keeps checkpoints and metrics in a folder, and continues from what is there.
    #[must_use]
    pub fn in_folder(mut self, folder: RunFolder) -> Self {
        self.folder = Some(folder);
        self
    }

    /// Shows everything that happens, warnings too, to `observer`.
    #[must_use]
    pub fn observe(mut self, observer: impl FnMut(&Event) + 'a) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Warns at the start of weights of 16 bits whose step at the peak rate is rounded away
    /// ([`ScalingPlan::rounded_away`]), for an optimizer that keeps no master weights: a built optimizer does not say
    /// whether it does, nor which plan it was made from. `relative_rate`s count as 1.
    #[must_use]
    pub fn without_masters(mut self, plan: &'a ScalingPlan) -> Self {
        self.without_masters = Some(plan);
        self
    }

    /// Asks `interrupted` before every step whether to stop.
    #[must_use]
    pub fn interrupt(mut self, interrupted: impl Fn() -> bool + 'a) -> Self {
        self.interrupted = Box::new(interrupted);
        self
    }

    /// Trains `model`, which stands on an autodiff device, with `optimizer`; both as at step 0, whatever the folder holds.
    ///
    /// The optimizer's groups must not be by `ParamId`, since a resumed model has those of its checkpoint; those of
    /// `mup-optim` are by path. Without a folder nothing is written.
    ///
    /// # Errors
    ///
    /// [`TrainError`]: a setting without meaning, a task that cannot give a loss, a file that cannot be read or written, a
    /// folder of another run. Checkpoints that were written before an error stay whole.
    pub fn train<M: Module, T: Task<M>>(
        self,
        task: &T,
        model: M,
        optimizer: ModuleOptimizer,
    ) -> Result<Trained<M>, TrainError> {
        let Self { training, folder, observer, interrupted, without_masters } = self;
        training.check()?;
        draw_lazy(&model, training.seed);
        let mut journal = Journal::new(observer);
        let (model, optimizer) = match folder {
            Some(folder) => journal.open(folder, &training, task.fingerprint(), model, optimizer)?,
            None => (model, optimizer),
        };
        if let Some(plan) = without_masters {
            for warning in rounded_away(plan, training.learning_rate, &model) {
                journal.tell(&Event::Warning(warning))?;
            }
        }
        let generator = Generator::default();
        Run { training, interrupted, task, optimizer, generator, journal }.train(model)
    }
}
