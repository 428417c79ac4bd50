//! The loop, step by step.

use std::time::Instant;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use mup_optim::clip_by_global_norm;

use crate::checkpoint::{Keeper, Resumed, Snapshot};
use crate::finite::is_finite;
use crate::metrics::Metrics;
use crate::seed::seed_devices;
use crate::{
    Curve, Ended, Evaluation, Event, MeanGradients, MicroBatch, RunFolder, StepReport, Task, TrainError, Trained,
    Trainer,
};

/// A run under way. The model is passed from step to step, so that the optimizer may update it in place.
pub(crate) struct Run<'a, M> {
    trainer: Trainer<'a>,
    task: &'a dyn Task<M>,
    optimizer: ModuleOptimizer,
    kept: Option<(Keeper, Metrics)>,
    losses: Vec<f64>,
    evaluations: Vec<Evaluation>,
}

impl<'a, M: Module> Run<'a, M> {
    pub(crate) fn new(trainer: Trainer<'a>, task: &'a dyn Task<M>, optimizer: ModuleOptimizer) -> Self {
        Self { trainer, task, optimizer, kept: None, losses: Vec::new(), evaluations: Vec::new() }
    }

    /// Trains on from what is in the folder.
    pub(crate) fn train_in(mut self, folder: RunFolder, model: M) -> Result<Trained<M>, TrainError> {
        let mut warn = |warning| (self.trainer.observer)(&Event::Warning(warning));
        let (training, task) = (&self.trainer.training, self.task.fingerprint());
        let mut keeper = Keeper::open(folder, training, task, &model, &mut warn)?;
        let (model, optimizer, resumed) = keeper.resume(model, self.optimizer, &mut warn)?;
        let step = resumed.as_ref().map_or(0, |resumed| resumed.losses.len());
        let metrics = Metrics::open(keeper.metrics(), step, &mut warn)?;
        (self.optimizer, self.kept) = (optimizer, Some((keeper, metrics)));
        if let Some(Resumed { path, losses, evaluations }) = resumed {
            (self.losses, self.evaluations) = (losses, evaluations);
            self.tell(&Event::Resumed { path })?;
        }
        self.train(model)
    }

    pub(crate) fn train(mut self, mut model: M) -> Result<Trained<M>, TrainError> {
        let steps = self.trainer.training.steps;
        let ended = loop {
            let step = self.losses.len();
            if step == steps {
                break self.finish(&model)?;
            }
            if (self.trainer.interrupted)() {
                break self.save(&model)?.unwrap_or(Ended::Interrupted);
            }
            let started = Instant::now();
            let Some((gradients, norm)) = self.gradients(&model)? else { break self.diverged(step)? };
            model = self.optimizer.step(self.trainer.training.rate(step), model, gradients);
            self.report(norm, started)?;
            if let Some(ended) = self.between_steps(&model)? {
                break ended;
            }
        };
        let tokens = self.tokens();
        Ok(Trained { model, curve: Curve { losses: self.losses, evaluations: self.evaluations, tokens, ended } })
    }

    /// The clipped gradients of the next step and their norm before clipping; none if loss or norm is not finite.
    fn gradients(&mut self, model: &M) -> Result<Option<(GradientsParams, f64)>, TrainError> {
        let (step, of) = (self.losses.len(), self.trainer.training.micro_batches);
        let (mut mean, mut sum) = (MeanGradients::default(), 0.0);
        for index in 0..of {
            seed_devices(model, self.trainer.training.seed, [step, index]);
            let loss = self.task.loss(model, MicroBatch { step, index, of });
            let loss = loss.map_err(|source| TrainError::Task { step, source })?;
            let value = f64::from(loss.clone().into_scalar::<f32>());
            sum += value;
            if !value.is_finite() {
                self.losses.push(value);
                return Ok(None);
            }
            mean.add(model, GradientsParams::from_grads(loss.backward(), model));
        }
        self.losses.push(sum / of as f64);
        let max_norm = self.trainer.training.max_norm.unwrap_or(f64::INFINITY);
        let (gradients, norm) = clip_by_global_norm(model, mean.mean(model), max_norm)?;
        let norm = f64::from(norm.into_scalar::<f32>());
        Ok(norm.is_finite().then_some((gradients, norm)))
    }

    /// Evaluates and saves if due; says how the run ended if the model cannot be saved.
    fn between_steps(&mut self, model: &M) -> Result<Option<Ended>, TrainError> {
        let (step, training) = (self.losses.len(), &self.trainer.training);
        if step == training.steps {
            return Ok(None);
        }
        if training.evaluate_every.is_some_and(|every| step.is_multiple_of(every)) {
            self.evaluate(model)?;
        }
        let due = self.kept.as_ref().is_some_and(|(keeper, _)| keeper.is_due(step));
        if due { self.save(model) } else { Ok(None) }
    }

    /// Evaluates and saves the last model, unless a run before did.
    fn finish(&mut self, model: &M) -> Result<Ended, TrainError> {
        let step = self.losses.len();
        if self.kept.as_ref().is_some_and(|(keeper, _)| keeper.has(step)) {
            return Ok(Ended::Finished);
        }
        if !is_finite(model) {
            return self.diverged(step);
        }
        self.evaluate(model)?;
        Ok(self.save(model)?.unwrap_or(Ended::Finished))
    }

    fn evaluate(&mut self, model: &M) -> Result<(), TrainError> {
        let step = self.losses.len();
        let loss = self.task.evaluate(&model.valid()).map_err(|source| TrainError::Task { step, source })?;
        let Some(loss) = loss else { return Ok(()) };
        self.evaluations.push(Evaluation { step, loss });
        self.tell(&Event::Evaluated(Evaluation { step, loss }))
    }

    /// Writes a checkpoint if there is a folder and none at this step. A model that is not finite would displace a good
    /// checkpoint: it ends the run instead.
    fn save(&mut self, model: &M) -> Result<Option<Ended>, TrainError> {
        let step = self.losses.len();
        let Some((keeper, metrics)) = self.kept.as_mut().filter(|(keeper, _)| !keeper.has(step)) else {
            return Ok(None);
        };
        if !is_finite(model) {
            return self.diverged(step).map(Some);
        }
        metrics.sync()?;
        let (losses, evaluations) = (&self.losses, &self.evaluations);
        let snapshot = Snapshot { model, optimizer: &self.optimizer, losses, evaluations };
        let path = keeper.save(&snapshot, |warning| (self.trainer.observer)(&Event::Warning(warning)))?;
        self.tell(&Event::Saved { path })?;
        Ok(None)
    }

    fn diverged(&mut self, step: usize) -> Result<Ended, TrainError> {
        self.tell(&Event::NotFinite { step, loss: self.losses.get(step).copied() })?;
        Ok(Ended::NotFinite { step })
    }

    fn report(&mut self, gradient_norm: f64, started: Instant) -> Result<(), TrainError> {
        let (step, training) = (self.losses.len() - 1, &self.trainer.training);
        let report = StepReport {
            step,
            steps: training.steps,
            loss: self.losses[step],
            rate: training.rate(step),
            gradient_norm,
            tokens: self.tokens(),
            tokens_per_second: self.task.tokens_per_step() as f64 / started.elapsed().as_secs_f64(),
        };
        self.tell(&Event::Step(report))
    }

    fn tokens(&self) -> u64 {
        self.losses.len() as u64 * self.task.tokens_per_step()
    }

    fn tell(&mut self, event: &Event) -> Result<(), TrainError> {
        if let Some((_, metrics)) = &mut self.kept {
            metrics.write(event)?;
        }
        (self.trainer.observer)(event);
        Ok(())
    }
}
