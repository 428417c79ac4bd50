//! The side that trains: one model as a tuning run trains it, or K as one.

use std::io::{BufRead, Write};
use std::str::FromStr;
use std::time::Instant;

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_init::{InitSpec, initialize};
use mup_models::{Gpt, GptConfig, GptStack, shape_reader};
use mup_optim::{MupAdamWConfig, MupStack, StackOptimizer};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use serde::{Deserialize, Serialize};

use super::{BATCH, D_HEAD, D_MODEL, N_LAYER, Outcome, VOCAB};

/// Which trainer a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worker {
    /// One model.
    Alone,
    /// This many as one.
    Stack(usize),
}

impl FromStr for Worker {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "alone" => Ok(Self::Alone),
            number => number.parse().map(Self::Stack).map_err(|_| format!("{text} is neither `alone` nor a number")),
        }
    }
}

/// What a worker is asked: steps after one that is not counted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Request {
    /// Answered by [`Phases`].
    Repetition {
        /// Number of the first batch.
        first: u64,
        /// Steps to time.
        steps: usize,
    },
}

/// Mean milliseconds of the parts of a step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Phases {
    pub(super) forward: f64,
    pub(super) backward: f64,
    pub(super) optimizer: f64,
}

impl Phases {
    pub(super) fn step(self) -> f64 {
        self.forward + self.backward + self.optimizer
    }
}

impl Worker {
    /// Answers until the requests end.
    pub(super) fn answer(self, length: usize) -> Outcome<()> {
        let mut training = Training::new(self, length)?;
        let mut answers = std::io::stdout().lock();
        for line in std::io::stdin().lock().lines() {
            let Request::Repetition { first, steps } = serde_json::from_str(&line?)?;
            writeln!(answers, "{}", serde_json::to_string(&training.repetition(first, steps)?)?)?;
            answers.flush()?;
        }
        Ok(())
    }
}

/// The proxy.
pub(super) fn config(length: usize) -> GptConfig {
    of_width(length, D_MODEL)
}

fn of_width(length: usize, d_model: usize) -> GptConfig {
    GptConfig::new(VOCAB, length, N_LAYER, d_model, d_model / D_HEAD, D_HEAD, 4 * d_model)
}

/// The proxy's plan; the proxy is the base.
fn plan(length: usize) -> Outcome<ScalingPlan> {
    let model = |d_model| of_width(length, d_model).init(&Device::flex());
    let shapes = shape_reader().infer(&model(D_MODEL)?, &model(2 * D_MODEL)?, &model(D_MODEL)?)?;
    Ok(ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW)?)
}

/// Trial k of a tuning run: its own seed.
pub(super) fn trial(length: usize, k: usize) -> Outcome<Gpt> {
    let model = config(length).init(&Device::flex().autodiff())?;
    Ok(initialize(model, &plan(length)?, &InitSpec::gaussian(0.02), k as u64)?)
}

fn rate(k: usize) -> f64 {
    1e-3 * (1.0 + k as f64 / 64.0)
}

/// Models are taken out during a step, so that the optimizer has the only reference to each tensor.
enum Trained {
    Alone(Option<Gpt>, ModuleOptimizer),
    Stack(Option<GptStack>, StackOptimizer),
}

struct Training {
    length: usize,
    device: Device,
    trials: usize,
    trained: Trained,
}

impl Training {
    fn new(worker: Worker, length: usize) -> Outcome<Self> {
        let (plan, adamw) = (plan(length)?, |k: usize| MupAdamWConfig::new().with_weight_decay(0.01 * (k + 1) as f64));
        let (trials, trained) = match worker {
            Worker::Alone => {
                let model = trial(length, 0)?;
                let optimizer = adamw(0).init(&plan, &model)?;
                (1, Trained::Alone(Some(model), optimizer))
            }
            Worker::Stack(trials) => {
                let models: Outcome<Vec<Gpt>> = (0..trials).map(|k| trial(length, k)).collect();
                let stack = GptStack::new(&models?)?;
                let configs: Vec<MupAdamWConfig> = (0..trials).map(adamw).collect();
                let optimizer = MupStack::new(&plan, &stack).with(&configs).build()?;
                (trials, Trained::Stack(Some(stack), optimizer))
            }
        };
        Ok(Self { length, device: Device::flex().autodiff(), trials, trained })
    }

    fn repetition(&mut self, first: u64, steps: usize) -> Outcome<Phases> {
        self.step(first)?;
        let mut sum = [0.0; 3];
        for step in 0..steps as u64 {
            let laps = self.step(first + step)?;
            sum.iter_mut().zip(laps).for_each(|(sum, lap)| *sum += lap / steps as f64);
        }
        let [forward, backward, optimizer] = sum;
        Ok(Phases { forward, backward, optimizer })
    }

    /// Milliseconds of forward, backward and optimizer.
    fn step(&mut self, index: u64) -> Outcome<[f64; 3]> {
        let mut watch = Watch(Instant::now());
        let (length, trials, device) = (self.length, self.trials, &self.device);
        let [tokens, targets] = [0, 1].map(|shift| batch(index + shift, trials, length, device));
        match &mut self.trained {
            Trained::Alone(slot, optimizer) => {
                let model = slot.take().ok_or("a step failed before")?;
                let loss = model.loss(tokens.squeeze_dim(0), targets.squeeze_dim(0));
                let _value = loss.clone().into_data();
                let forward = watch.lap();
                let gradients = GradientsParams::from_grads(loss.backward(), &model);
                let backward = watch.lap();
                *slot = Some(optimizer.step(rate(0), model, gradients));
                Ok([forward, backward, watch.lap()])
            }
            Trained::Stack(slot, optimizer) => {
                let model = slot.take().ok_or("a step failed before")?;
                let losses = model.loss(tokens, targets);
                let _values = losses.clone().into_data();
                let forward = watch.lap();
                let gradients = GradientsParams::from_grads(losses.sum().backward(), &model);
                let backward = watch.lap();
                let rates: Vec<f64> = (0..trials).map(rate).collect();
                *slot = Some(optimizer.step(&rates, model, gradients)?);
                Ok([forward, backward, watch.lap()])
            }
        }
    }
}

struct Watch(Instant);

impl Watch {
    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        (now - std::mem::replace(&mut self.0, now)).as_secs_f64() * 1e3
    }
}

/// Tokens `[trials, batch, length]`, each trial its own.
fn batch(index: u64, trials: usize, length: usize, device: &Device) -> Tensor<3, Int> {
    let token = |i: usize| {
        let mixed = (i as u64).wrapping_add(index << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed >> 32) % VOCAB as u64) as i64
    };
    let tokens: Vec<i64> = (0..trials * BATCH * length).map(token).collect();
    Tensor::from_data(TensorData::new(tokens, [trials, BATCH, length]), device)
}
