//! One training run: a pure function of the run, the family and the tokens.

use burn::module::Module;
use burn::tensor::Device;
use mup_models::{Gpt, Sampler};
use mup_rules::ScalingPlan;
use mup_study::{Evaluation, TrialCurve};
use mup_train::{Ended, Event, FamilyRun, INIT_SCALE, LEARNING_RATE, RunFolder, Trained, Training};
use serde::Serialize;

use crate::error::RunError;
use crate::family::{self, TextFamily};
use crate::hyperparameters::Hyperparameters;

/// Tokens sampled from each trained model, after a prompt from the validation text.
const SAMPLE_TOKENS: usize = 240;
const PROMPT_TOKENS: u64 = 32;

/// What one run is, apart from the configuration that all share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Run {
    pub(crate) parametrization: String,
    pub(crate) width: usize,
    pub(crate) values: Hyperparameters,
    pub(crate) seed: u64,
    pub(crate) steps: usize,
    /// Parts of a batch whose gradients are averaged.
    pub(crate) micro_batches: usize,
    pub(crate) evaluate_every: Option<usize>,
}

/// What all runs share.
#[derive(Clone, Debug)]
pub(crate) struct Trainer {
    pub(crate) family: TextFamily,
    pub(crate) device: Device,
}

impl Trainer {
    /// Trains from scratch, or on from the folder's last checkpoint.
    pub(crate) fn train(
        &self,
        run: &Run,
        folder: Option<RunFolder>,
        observe: impl FnMut(&Event),
        interrupted: impl Fn() -> bool,
    ) -> Result<Trained<Gpt>, RunError> {
        let folder = folder.map(|folder| folder.with_identity("run", run)).transpose()?;
        let family_run = self.family_run(run)?;
        let trained = family_run.train_in(folder, &self.family, &self.device, observe, interrupted)?;
        if trained.curve.ended == Ended::Interrupted { Err(RunError::Interrupted) } else { Ok(trained) }
    }

    fn family_run(&self, run: &Run) -> Result<FamilyRun, RunError> {
        let (growth, size) = (self.family.growth(&run.parametrization)?, self.family.at_width(run.width));
        let mut family_run = FamilyRun::new(&self.family, growth, size).with_seed(run.seed).with_steps(run.steps);
        let Training { micro_batches, evaluate_every, .. } = &mut family_run.training;
        (*micro_batches, *evaluate_every) = (run.micro_batches, run.evaluate_every);
        let Hyperparameters { alpha_attention, alpha_output, alpha_embedding, alpha_relative, .. } = run.values;
        Ok(family_run
            .with(LEARNING_RATE, run.values.learning_rate)
            .with(INIT_SCALE, run.values.init_scale)
            .with("alpha-attention", alpha_attention)
            .with("alpha-output", alpha_output)
            .with("alpha-embedding", alpha_embedding)
            .with("alpha-relative", alpha_relative))
    }

    /// What a record keeps of a run: its curve, and a text that the trained model wrote.
    pub(crate) fn curve_and_sample(&self, run: &Run, trained: &Trained<Gpt>) -> Result<TrialCurve, RunError> {
        let finished = trained.curve.ended == Ended::Finished;
        let sample = if finished { self.sample(&trained.model.valid(), run.seed)? } else { None };
        Ok(TrialCurve { sample, ..self.curve(run, trained) })
    }

    /// The plan of a run.
    pub(crate) fn plan(&self, parametrization: &str, width: usize) -> Result<ScalingPlan, RunError> {
        self.family.plan_at(width, parametrization, &self.device)
    }

    /// The curve alone: a text costs a round trip to the device for each token.
    fn curve(&self, run: &Run, trained: &Trained<Gpt>) -> TrialCurve {
        let finished = trained.curve.ended == Ended::Finished;
        let tokens = trained.curve.tokens;
        let evaluations = trained.curve.evaluations.iter();
        let evaluations: Vec<Evaluation> = evaluations.map(|at| Evaluation { step: at.step, loss: at.loss }).collect();
        let mut losses = trained.curve.losses.clone();
        if !finished && losses.iter().all(|loss| loss.is_finite()) {
            // The loss was a number, but its gradient was not.
            losses.push(f64::NAN);
        }
        TrialCurve {
            losses,
            validation: evaluations.last().map(|evaluation| evaluation.loss).filter(|_| finished),
            evaluations: if run.evaluate_every.is_some() { evaluations } else { Vec::new() },
            tokens,
            parameters: family::parameter_count(&self.family, run.width),
            sample: None,
            flops: Some(tokens as f64 * family::flops_per_token(&self.family.configuration, run.width)),
            ..TrialCurve::default()
        }
    }

    /// The prompt and what the model makes of it; none if the model diverged.
    fn sample(&self, model: &Gpt, seed: u64) -> Result<Option<String>, RunError> {
        let data = self.family.data()?;
        let length = PROMPT_TOKENS.min(data.validation.len()) as usize;
        let prompt = data.validation.window(0, length)?;
        let tokens: Vec<usize> = prompt.iter().map(|token| *token as usize).collect();
        let mut sampler = Sampler::new(seed).with_temperature(0.8)?;
        let continued = match model.generate(&tokens, SAMPLE_TOKENS, &mut sampler) {
            Err(mup_models::ModelError::NoFiniteLogit) => return Ok(None),
            continued => continued?,
        };
        let tokens: Vec<u32> = tokens.into_iter().chain(continued).map(|token| token as u32).collect();
        Ok(Some(data.tokenizer.decode(&tokens)?))
    }
}
