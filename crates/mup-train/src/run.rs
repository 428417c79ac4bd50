//! The loop, step by step.

use std::time::Instant;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use mup_kernels::{Generator, seed_at};
use mup_optim::clip_by_global_norm;

use crate::finite::is_finite;
use crate::journal::Journal;
use crate::read::read;
use crate::running::settle;
use crate::{Curve, Ended, Event, MeanGradients, MicroBatch, StepReport, Task, TrainError, Trained, Training};

/// A run under way. The model is passed from step to step, so that the optimizer may update it in place.
pub(crate) struct Run<'a, M> {
    pub(crate) training: Training,
    pub(crate) interrupted: Box<dyn Fn() -> bool + 'a>,
    pub(crate) task: &'a dyn Task<M>,
    pub(crate) optimizer: ModuleOptimizer,
    pub(crate) generator: Generator,
    pub(crate) journal: Journal<'a>,
}

impl<M: Module> Run<'_, M> {
    pub(crate) fn train(mut self, mut model: M) -> Result<Trained<M>, TrainError> {
        let ended = loop {
            let step = self.journal.step();
            if step == self.training.steps {
                break self.finish(&model)?;
            }
            if (self.interrupted)() {
                break self.save(&model)?.unwrap_or(Ended::Interrupted);
            }
            let started = Instant::now();
            let Some((gradients, norm)) = self.gradients(&model)? else { break self.diverged(step)? };
            model = self.optimizer.step(self.training.rate(step), model, gradients);
            self.report(norm, started)?;
            if let Some(ended) = self.between_steps(&model)? {
                break ended;
            }
        };
        settle(&model);
        let (tokens, seconds) = (self.tokens(), self.journal.seconds());
        let Journal { losses, evaluations, .. } = self.journal;
        Ok(Trained { model, curve: Curve { losses, evaluations, tokens, ended }, seconds })
    }

    /// The clipped gradients of the next step and their norm before clipping; none if loss or norm is not finite.
    ///
    /// Everything is launched before anything is read, so that a step waits for its device once. The update comes after:
    /// launched before, it would have to be undone, and a model kept for that is updated by copying instead of in place.
    fn gradients(&mut self, model: &M) -> Result<Option<(GradientsParams, f64)>, TrainError> {
        let (batches, of) = (self.training.batches, self.training.micro_batches);
        let (first, parts) = (self.journal.step() * batches, batches * of);
        let (mut mean, mut numbers) = (MeanGradients::default(), Vec::with_capacity(parts + 1));
        for part in 0..parts {
            let loss = self.loss(model, MicroBatch { step: first + part / of, index: part % of, of })?;
            numbers.push(loss.clone().inner());
            mean.add(model, GradientsParams::from_grads(loss.backward(), model));
        }
        let max_norm = self.training.max_norm.unwrap_or(f64::INFINITY);
        let (gradients, norm) = clip_by_global_norm(model, mean.mean(model), max_norm)?;
        numbers.push(norm);
        let numbers = read(numbers);
        let (losses, norm) = (&numbers[..parts], numbers[parts]);
        let broken = losses.iter().find(|loss| !loss.is_finite());
        self.journal.losses.push(broken.copied().unwrap_or_else(|| losses.iter().sum::<f64>() / parts as f64));
        Ok((broken.is_none() && norm.is_finite()).then_some((gradients, norm)))
    }

    fn loss(&self, model: &M, batch: MicroBatch) -> Result<Tensor<1>, TrainError> {
        let step = self.journal.step();
        // A resumed run repeats its dropout masks, and runs in threads take none out of each other's sequence.
        let seed = seed_at(self.training.seed, &[batch.step as u64, batch.index as u64]);
        let loss = self.generator.seeded(&model.devices(), seed, || self.task.loss(model, batch));
        let loss = loss.map_err(|source| TrainError::Task { step, source })?;
        let refuse = |problem| Err(TrainError::Task { step, source: String::into(problem) });
        match loss.dims() {
            _ if !loss.device().is_autodiff() => {
                refuse("the loss has no gradient; put model and data on device.autodiff()".to_owned())
            }
            [1] => Ok(loss),
            [n] => refuse(format!("the loss has {n} entries; return their mean")),
        }
    }

    /// Evaluates and saves if due; says how the run ended if the model cannot be saved.
    fn between_steps(&mut self, model: &M) -> Result<Option<Ended>, TrainError> {
        let step = self.journal.step();
        if step == self.training.steps {
            return Ok(None);
        }
        if self.training.evaluate_every.is_some_and(|every| step.is_multiple_of(every)) {
            self.evaluate(model)?;
        }
        if self.journal.is_due() { self.save(model) } else { Ok(None) }
    }

    /// Evaluates and saves the last model, unless a run before did.
    fn finish(&mut self, model: &M) -> Result<Ended, TrainError> {
        if self.journal.is_saved() {
            return Ok(Ended::Finished);
        }
        if !is_finite(model) {
            return self.diverged(self.journal.step());
        }
        self.evaluate(model)?;
        self.journal.save(model, &self.optimizer)?;
        Ok(Ended::Finished)
    }

    fn evaluate(&mut self, model: &M) -> Result<(), TrainError> {
        let step = self.journal.step();
        let loss = self.task.evaluate(&model.valid()).map_err(|source| TrainError::Task { step, source })?;
        loss.map_or(Ok(()), |loss| self.journal.evaluated(loss))
    }

    /// Writes a checkpoint unless there is one of this step. A model that is not finite would displace a good
    /// checkpoint: it ends the run instead.
    fn save(&mut self, model: &M) -> Result<Option<Ended>, TrainError> {
        if self.journal.is_saved() {
            return Ok(None);
        }
        if !is_finite(model) {
            return self.diverged(self.journal.step()).map(Some);
        }
        self.journal.save(model, &self.optimizer)?;
        Ok(None)
    }

    fn diverged(&mut self, step: usize) -> Result<Ended, TrainError> {
        let loss = self.journal.losses.get(step).copied();
        self.journal.tell(&Event::NotFinite { step, loss })?;
        Ok(Ended::NotFinite { step })
    }

    fn report(&mut self, gradient_norm: f64, started: Instant) -> Result<(), TrainError> {
        let step = self.journal.step() - 1;
        let report = StepReport {
            step,
            steps: self.training.steps,
            loss: self.journal.losses[step],
            rate: self.training.rate(step),
            gradient_norm,
            tokens: self.tokens(),
            tokens_per_second: self.tokens_per_step() as f64 / started.elapsed().as_secs_f64(),
        };
        self.journal.tell(&Event::Step(report))
    }

    fn tokens(&self) -> u64 {
        self.journal.step() as u64 * self.tokens_per_step()
    }

    fn tokens_per_step(&self) -> u64 {
        self.training.batches as u64 * self.task.tokens_per_step()
    }
}
