//! The loop, step by step.

use std::time::Instant;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use mup_optim::clip_by_global_norm;

use crate::finite::is_finite;
use crate::seed::seed_devices;
use crate::{
    Curve, Ended, Evaluation, Event, MeanGradients, MicroBatch, StepReport, Task, TrainError, Trained, Trainer,
};

/// A run under way. The model is passed from step to step, so that the optimizer may update it in place.
pub(crate) struct Run<'a, T> {
    pub(crate) trainer: Trainer<'a>,
    pub(crate) task: &'a T,
    pub(crate) tokens_per_step: u64,
    pub(crate) optimizer: ModuleOptimizer,
    pub(crate) losses: Vec<f64>,
    pub(crate) evaluations: Vec<Evaluation>,
}

impl<'a, T> Run<'a, T> {
    pub(crate) fn train<M: Module>(mut self, mut model: M) -> Result<Trained<M>, TrainError>
    where
        T: Task<M>,
    {
        let steps = self.trainer.training.steps;
        let ended = loop {
            let step = self.losses.len();
            if step == steps {
                break self.finish(&model)?;
            }
            if (self.trainer.interrupted)() {
                break Ended::Interrupted;
            }
            let started = Instant::now();
            let Some((gradients, norm)) = self.gradients(&model)? else { break Ended::NotFinite { step } };
            model = self.optimizer.step(self.trainer.training.rate(step), model, gradients);
            self.report(norm, started);
            let due = self.trainer.training.evaluate_every.is_some_and(|every| self.losses.len().is_multiple_of(every));
            if due && self.losses.len() < steps {
                self.evaluate(&model)?;
            }
        };
        let tokens = self.tokens();
        Ok(Trained { model, curve: Curve { losses: self.losses, evaluations: self.evaluations, tokens, ended } })
    }

    /// The clipped gradients of the next step and their norm before clipping; none if loss or norm is not finite.
    fn gradients<M: Module>(&mut self, model: &M) -> Result<Option<(GradientsParams, f64)>, TrainError>
    where
        T: Task<M>,
    {
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

    fn tokens(&self) -> u64 {
        self.losses.len() as u64 * self.tokens_per_step
    }

    fn report(&mut self, gradient_norm: f64, started: Instant) {
        let step = self.losses.len() - 1;
        let training = &self.trainer.training;
        let report = StepReport {
            step,
            steps: training.steps,
            loss: self.losses[step],
            rate: training.rate(step),
            gradient_norm,
            tokens: self.tokens(),
            tokens_per_second: self.tokens_per_step as f64 / started.elapsed().as_secs_f64(),
        };
        (self.trainer.observer)(&Event::Step(report));
    }

    /// Evaluates the last model, unless its weights are not finite.
    fn finish<M: Module>(&mut self, model: &M) -> Result<Ended, TrainError>
    where
        T: Task<M>,
    {
        let step = self.losses.len();
        if !is_finite(model) {
            return Ok(Ended::NotFinite { step });
        }
        self.evaluate(model)?;
        Ok(Ended::Finished)
    }

    fn evaluate<M: Module>(&mut self, model: &M) -> Result<(), TrainError>
    where
        T: Task<M>,
    {
        let step = self.losses.len();
        let loss = self.task.evaluate(&model.valid()).map_err(|source| TrainError::Task { step, source })?;
        if let Some(loss) = loss {
            let evaluation = Evaluation { step, loss };
            self.evaluations.push(evaluation);
            (self.trainer.observer)(&Event::Evaluated(evaluation));
        }
        Ok(())
    }
}
