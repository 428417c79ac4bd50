//! One training run: a pure function of the trial, the configuration and the text.

use std::sync::Arc;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use mup_init::initialize;
use mup_models::{Gpt, Sampler};
use mup_optim::{MupAdamWConfig, clip_by_global_norm};
use mup_rules::Parametrization;
use mup_transfer::{Curve, Trial};

use crate::batch::Batch;
use crate::configuration::{BETA_1, BETA_2, Configuration, EPSILON, MAX_NORM};
use crate::corpus::Corpus;
use crate::error::RunError;
use crate::interrupt::Interrupt;
use crate::{family, schedule};

/// Batches over which the validation loss is averaged.
const VALIDATION_BATCHES: usize = 8;
/// Bytes of text sampled from each trained model, after a prompt from the validation text.
const SAMPLE_BYTES: usize = 240;
const PROMPT_BYTES: usize = 32;

/// What all runs share.
#[derive(Clone, Debug)]
pub(crate) struct Trainer {
    pub(crate) configuration: Configuration,
    pub(crate) corpus: Arc<Corpus>,
    pub(crate) device: Device,
    pub(crate) interrupt: Interrupt,
}

impl Trainer {
    /// Trains from scratch; `on_step` sees each loss.
    pub(crate) fn train(&self, trial: &Trial, on_step: impl Fn(f64)) -> Result<Curve, RunError> {
        let device = self.device.clone().autodiff();
        let (mut model, mut optimizer) = self.start(trial, &device)?;
        let parameters = self.parameters(trial);
        let Configuration { steps, .. } = self.configuration;
        let mut curve = Curve { parameters, ..Curve::default() };
        for step in 0..steps {
            self.interrupt.check()?;
            let batch = Batch::random(&self.corpus.train, self.shape(), trial.seed, step);
            let (tokens, targets) = batch.tensors(&device);
            let loss = model.loss(tokens, targets);
            let value = f64::from(loss.clone().into_scalar::<f32>());
            curve.losses.push(value);
            curve.tokens += self.tokens_per_step();
            if !value.is_finite() {
                return Ok(curve);
            }
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            let (gradients, _) = clip_by_global_norm(&model, gradients, MAX_NORM)?;
            let rate = trial.hyperparameters.learning_rate * schedule::factor(step, steps);
            model = optimizer.step(rate, model, gradients);
            on_step(value);
        }
        let model = model.valid();
        curve.validation = Some(self.validate(&model, &self.device));
        curve.sample = self.sample(&model, trial.seed)?;
        Ok(curve)
    }

    /// Tokens that one step trains on.
    pub(crate) fn tokens_per_step(&self) -> u64 {
        (self.configuration.batch * self.configuration.context) as u64
    }

    /// Parameters that are trained.
    pub(crate) fn parameters(&self, trial: &Trial) -> u64 {
        family::config(&self.configuration, trial.width, &trial.hyperparameters).parameter_count() as u64
    }

    fn start(&self, trial: &Trial, device: &Device) -> Result<(Gpt, ModuleOptimizer), RunError> {
        let parametrization = Parametrization::named(&trial.parametrization)?;
        let plan = family::plan(&self.configuration, trial.width, parametrization, device)?;
        let model = family::config(&self.configuration, trial.width, &trial.hyperparameters).init(device)?;
        let spec = family::init_spec(&self.configuration, &trial.hyperparameters);
        let model = initialize(model, &plan, &spec, trial.seed)?;
        let optimizer = MupAdamWConfig::new()
            .with_beta_1(BETA_1)
            .with_beta_2(BETA_2)
            .with_epsilon(EPSILON)
            .with_weight_decay(self.configuration.weight_decay);
        let optimizer = optimizer.init(&plan, &model)?;
        Ok((model, optimizer))
    }

    fn shape(&self) -> [usize; 2] {
        [self.configuration.batch, self.configuration.context]
    }

    fn validate(&self, model: &Gpt, device: &Device) -> f64 {
        let loss = |part| {
            let batch = Batch::even(&self.corpus.validation, self.shape(), part, VALIDATION_BATCHES);
            let (tokens, targets) = batch.tensors(device);
            f64::from(model.loss(tokens, targets).into_scalar::<f32>())
        };
        (0..VALIDATION_BATCHES).map(loss).sum::<f64>() / VALIDATION_BATCHES as f64
    }

    /// The prompt and what the model makes of it; none if the model diverged.
    fn sample(&self, model: &Gpt, seed: u64) -> Result<Option<String>, RunError> {
        let prompt = &self.corpus.validation[..PROMPT_BYTES.min(self.corpus.validation.len())];
        let tokens: Vec<usize> = prompt.iter().map(|byte| usize::from(*byte)).collect();
        let mut sampler = Sampler::new(seed).with_temperature(0.8)?;
        let continued = match model.generate(&tokens, SAMPLE_BYTES, &mut sampler) {
            Err(mup_models::ModelError::NoFiniteLogit) => return Ok(None),
            continued => continued?,
        };
        let bytes: Vec<u8> = tokens.into_iter().chain(continued).map(|token| token as u8).collect();
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
