//! What a run has done so far, and who is told: the observer, the metrics, the checkpoints.

use std::path::PathBuf;
use std::time::Instant;

use burn::module::Module;
use burn::optim::ModuleOptimizer;

use crate::checkpoint::{Keeper, Resumed, Snapshot};
use crate::metrics::Metrics;
use crate::{Evaluation, Event, RunFolder, TrainError, Training};

/// The losses and evaluations of a run, with its folder if it has one.
pub(crate) struct Journal<'a> {
    observer: Box<dyn FnMut(&Event) + 'a>,
    kept: Option<(Keeper, Metrics)>,
    pub(crate) losses: Vec<f64>,
    pub(crate) evaluations: Vec<Evaluation>,
    begun: Instant,
    /// Of the processes before this one, as far as checkpoints know.
    seconds_before: f64,
}

impl<'a> Journal<'a> {
    pub(crate) fn new(observer: Box<dyn FnMut(&Event) + 'a>) -> Self {
        let (losses, evaluations) = (Vec::new(), Vec::new());
        Self { observer, kept: None, losses, evaluations, begun: Instant::now(), seconds_before: 0.0 }
    }

    /// Opens the folder; model and optimizer as its newest checkpoint has them.
    pub(crate) fn open<M: Module>(
        &mut self,
        folder: RunFolder,
        training: &Training,
        task: String,
        model: M,
        optimizer: ModuleOptimizer,
    ) -> Result<(M, ModuleOptimizer), TrainError> {
        let mut warn = |warning| (self.observer)(&Event::Warning(warning));
        let mut keeper = Keeper::open(folder, training, task, &model, &mut warn)?;
        let (model, optimizer, resumed) = keeper.resume(model, optimizer, &mut warn)?;
        let step = resumed.as_ref().map_or(0, |resumed| resumed.losses.len());
        let metrics = Metrics::open(keeper.metrics(), step, &mut warn)?;
        self.kept = Some((keeper, metrics));
        if let Some(Resumed { path, losses, evaluations, seconds }) = resumed {
            (self.losses, self.evaluations, self.seconds_before) = (losses, evaluations, seconds);
            self.tell(&Event::Resumed { path })?;
        }
        Ok((model, optimizer))
    }

    /// Updates that the model has seen.
    pub(crate) fn step(&self) -> usize {
        self.losses.len()
    }

    /// Spent on the run, in all its processes.
    pub(crate) fn seconds(&self) -> f64 {
        self.seconds_before + self.begun.elapsed().as_secs_f64()
    }

    pub(crate) fn tell(&mut self, event: &Event) -> Result<(), TrainError> {
        if let Some((_, metrics)) = &mut self.kept {
            metrics.write(event)?;
        }
        (self.observer)(event);
        Ok(())
    }

    pub(crate) fn evaluated(&mut self, loss: f64) -> Result<(), TrainError> {
        let evaluation = Evaluation { step: self.step(), loss };
        self.evaluations.push(evaluation);
        self.tell(&Event::Evaluated(evaluation))
    }

    /// Whether there is a folder and it is time for a checkpoint.
    pub(crate) fn is_due(&self) -> bool {
        self.kept.as_ref().is_some_and(|(keeper, _)| keeper.is_due(self.step()))
    }

    /// Whether a run before wrote this step's checkpoint, or this one did.
    pub(crate) fn is_saved(&self) -> bool {
        self.kept.as_ref().is_some_and(|(keeper, _)| keeper.has(self.step()))
    }

    /// Writes a checkpoint, if there is a folder.
    pub(crate) fn save<M: Module>(&mut self, model: &M, optimizer: &ModuleOptimizer) -> Result<(), TrainError> {
        let seconds = self.seconds();
        let Some((keeper, metrics)) = &mut self.kept else { return Ok(()) };
        metrics.sync()?;
        let (losses, evaluations) = (&self.losses, &self.evaluations);
        let snapshot = Snapshot { model, optimizer, losses, evaluations, seconds };
        let path: PathBuf = keeper.save(&snapshot, |warning| (self.observer)(&Event::Warning(warning)))?;
        self.tell(&Event::Saved { path })
    }
}
