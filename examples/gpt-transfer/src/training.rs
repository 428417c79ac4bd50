//! One training run: a pure function of the run, the configuration and the tokens.

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_data::{Batch, Order, Tokens, even_batch};
use mup_init::initialize;
use mup_models::{Gpt, Sampler};
use mup_optim::MupAdamWConfig;
use mup_rules::ScalingPlan;
use mup_study::{Evaluation, TrialCurve};
use mup_train::{Ended, Event, MicroBatch, RunFolder, Task, TaskError, Trained, Training};
use serde::Serialize;

use crate::configuration::{BETA_1, BETA_2, Configuration, EPSILON, MAX_NORM};
use crate::data::Data;
use crate::error::RunError;
use crate::family;
use crate::hyperparameters::Hyperparameters;

/// Batches over which the validation loss is averaged.
const VALIDATION_BATCHES: usize = 8;
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
    pub(crate) configuration: Configuration,
    pub(crate) data: Data,
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
        let (model, optimizer) = self.start(run)?;
        let mut training = Training::new(run.steps, run.values.learning_rate)
            .with_max_norm(MAX_NORM)
            .with_seed(run.seed)
            .with_micro_batches(run.micro_batches);
        training.evaluate_every = run.evaluate_every;
        let trainer = mup_train::Trainer::new(training).observe(observe).interrupt(interrupted);
        let trainer = match folder {
            Some(folder) => trainer.in_folder(folder.with_identity("run", run)?),
            None => trainer,
        };
        let trained = trainer.train(&self.task(run), model, optimizer)?;
        if trained.curve.ended == Ended::Interrupted { Err(RunError::Interrupted) } else { Ok(trained) }
    }

    /// What a record keeps of a run: its curve, and a text that the trained model wrote.
    pub(crate) fn curve_and_sample(&self, run: &Run, trained: &Trained<Gpt>) -> Result<TrialCurve, RunError> {
        let finished = trained.curve.ended == Ended::Finished;
        let sample = if finished { self.sample(&trained.model.valid(), run.seed)? } else { None };
        Ok(TrialCurve { sample, ..self.curve(run, trained) })
    }

    /// The curve alone: a text costs a round trip to the device for each token.
    pub(crate) fn curve(&self, run: &Run, trained: &Trained<Gpt>) -> TrialCurve {
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
            parameters: family::parameter_count(&self.configuration, run.width),
            sample: None,
            flops: Some(tokens as f64 * family::flops_per_token(&self.configuration, run.width)),
            ..TrialCurve::default()
        }
    }

    /// The plan of a run.
    pub(crate) fn plan(&self, parametrization: &str, width: usize) -> Result<ScalingPlan, RunError> {
        family::plan(&self.configuration, width, parametrization, &self.device)
    }

    fn start(&self, run: &Run) -> Result<(Gpt, ModuleOptimizer), RunError> {
        let device = self.device.clone().autodiff();
        let plan = self.plan(&run.parametrization, run.width)?;
        let model = family::config(&self.configuration, run.width, &run.values).init(&device)?;
        let model = initialize(model, &plan, &family::init_spec(&self.configuration, &run.values), run.seed)?;
        let optimizer = MupAdamWConfig::new()
            .with_beta_1(BETA_1)
            .with_beta_2(BETA_2)
            .with_epsilon(EPSILON)
            .with_weight_decay(self.configuration.weight_decay);
        let optimizer = optimizer.init(&plan, &model)?;
        Ok((model, optimizer))
    }

    fn task(&self, run: &Run) -> NextToken<'_> {
        let Configuration { batch, context, order, .. } = self.configuration;
        let (data, device) = (&self.data, self.device.clone());
        NextToken { data, shape: [batch, context], order, seed: run.seed, device }
    }

    /// The prompt and what the model makes of it; none if the model diverged.
    fn sample(&self, model: &Gpt, seed: u64) -> Result<Option<String>, RunError> {
        let length = PROMPT_TOKENS.min(self.data.validation.len()) as usize;
        let prompt = self.data.validation.window(0, length)?;
        let tokens: Vec<usize> = prompt.iter().map(|token| *token as usize).collect();
        let mut sampler = Sampler::new(seed).with_temperature(0.8)?;
        let continued = match model.generate(&tokens, SAMPLE_TOKENS, &mut sampler) {
            Err(mup_models::ModelError::NoFiniteLogit) => return Ok(None),
            continued => continued?,
        };
        let tokens: Vec<u32> = tokens.into_iter().chain(continued).map(|token| token as u32).collect();
        Ok(Some(self.data.tokenizer.decode(&tokens)?))
    }
}

/// Predicting the next token; a batch is a pure function of seed and step.
struct NextToken<'a> {
    data: &'a Data,
    shape: [usize; 2],
    order: Order,
    seed: u64,
    device: Device,
}

impl NextToken<'_> {
    /// Tokens and targets, brought to the device together.
    fn tensors(batch: Batch, device: &Device) -> (Tensor<2, Int>, Tensor<2, Int>) {
        let ([rows, columns], mut values) = (batch.shape, batch.tokens);
        values.extend(batch.targets);
        let both = Tensor::<2, Int>::from_data(TensorData::new(values, [2 * rows, columns]), device);
        (both.clone().narrow(0, 0, rows), both.narrow(0, rows, rows))
    }

    fn validation(&self) -> &Tokens {
        &self.data.validation
    }
}

impl Task<Gpt> for NextToken<'_> {
    fn loss(&self, model: &Gpt, micro: MicroBatch) -> Result<Tensor<1>, TaskError> {
        let rows = micro.part_of(self.shape[0])?;
        let batch = self.order.rows(&self.data.train, self.shape, self.seed, micro.step as u64, rows)?;
        let (tokens, targets) = Self::tensors(batch, &self.device.clone().autodiff());
        Ok(model.loss(tokens, targets))
    }

    fn evaluate(&self, model: &Gpt) -> Result<Option<f64>, TaskError> {
        let loss = |part| -> Result<Tensor<1>, TaskError> {
            let batch = even_batch(self.validation(), self.shape, part, VALIDATION_BATCHES)?;
            let (tokens, targets) = Self::tensors(batch, &self.device);
            Ok(model.loss(tokens, targets))
        };
        // Read together: a GPU is waited for once.
        let losses = Tensor::cat((0..VALIDATION_BATCHES).map(loss).collect::<Result<_, _>>()?, 0).into_data();
        Ok(Some(losses.iter::<f64>().sum::<f64>() / VALIDATION_BATCHES as f64))
    }

    fn tokens_per_step(&self) -> u64 {
        (self.shape[0] * self.shape[1]) as u64
    }

    fn fingerprint(&self) -> String {
        format!("text {} in {:?} order, batch {:?}, seed {}", self.data.sha256(), self.order, self.shape, self.seed)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor};
    use mup_data::Batch;

    use super::NextToken;

    #[test]
    fn tokens_and_targets_of_one_upload_are_those_of_the_batch() {
        let batch = Batch { tokens: vec![1, 2, 3, 4, 5, 6], targets: vec![2, 3, 9, 5, 6, 7], shape: [2, 3] };
        for device in [Device::flex(), Device::flex().autodiff()] {
            let (tokens, targets) = NextToken::tensors(batch.clone(), &device);
            let numbers =
                |tensor: Tensor<2, Int>| (tensor.dims(), tensor.into_data().iter::<i32>().collect::<Vec<_>>());
            assert_eq!(numbers(tokens), (batch.shape, batch.tokens.clone()));
            assert_eq!(numbers(targets), (batch.shape, batch.targets.clone()));
        }
    }
}
