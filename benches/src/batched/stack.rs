//! K trials of a tuning run trained as one, each with a seed, a rate, a decay and tokens of its own.

use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_init::{InitSpec, initialize};
use mup_models::{Gpt, GptStack};
use mup_optim::{MupAdamWConfig, MupStack, StackOptimizer};
use mup_rules::Parametrization;

use crate::Outcome;
use crate::protocol::{Request, answer_requests};
use crate::shape::{Shape, VOCAB};
use crate::tokens::tokens;
use crate::training::{Phases, Watch, plan};

/// Answers repetitions until the requests end.
pub(super) fn answer(shape: Shape, trials: usize) -> Outcome<()> {
    let mut training = Training::new(shape, trials)?;
    answer_requests(|request| match request {
        Request::Repetition { first, steps } => Phases::mean_of(first, steps, |index| training.step(index)),
        _ => Err("K models as one answer repetitions alone".into()),
    })
}

struct Training {
    shape: Shape,
    device: Device,
    /// One for each trial.
    rates: Vec<f64>,
    /// Taken out during a step, so that the optimizer has the only reference to each tensor.
    models: Option<GptStack>,
    optimizer: StackOptimizer,
}

impl Training {
    fn new(shape: Shape, trials: usize) -> Outcome<Self> {
        let (plan, device) = (plan(shape, Parametrization::mup())?, Device::flex().autodiff());
        let trial = |k: usize| -> Outcome<Gpt> {
            Ok(initialize(shape.config().init(&device)?, &plan, &InitSpec::gaussian(0.02), k as u64)?)
        };
        let models = GptStack::new(&(0..trials).map(trial).collect::<Outcome<Vec<_>>>()?)?;
        let decay = |k: usize| MupAdamWConfig::new().with_weight_decay(0.01 * (k + 1) as f64);
        let optimizer = MupStack::new(&plan, &models).with(&(0..trials).map(decay).collect::<Vec<_>>()).build()?;
        let rates = (0..trials).map(|k| 1e-3 * (1.0 + k as f64 / 64.0)).collect();
        Ok(Self { shape, device, rates, models: Some(models), optimizer })
    }

    fn step(&mut self, index: u64) -> Outcome<Phases> {
        let [tokens, targets] = [0, 1].map(|shift| self.batch(index + shift));
        let mut watch = Watch::start();
        let models = self.models.take().ok_or("a step failed before")?;
        let losses = models.loss(tokens, targets);
        let _values = losses.clone().into_data();
        let forward = watch.lap();
        let gradients = GradientsParams::from_grads(losses.sum().backward(), &models);
        let backward = watch.lap();
        self.models = Some(self.optimizer.step(&self.rates, models, gradients)?);
        Ok(Phases { forward, backward, optimizer: watch.lap() })
    }

    /// Tokens `[trials, batch, length]`, each trial its own.
    fn batch(&self, index: u64) -> Tensor<3, Int> {
        let dims = [self.rates.len(), self.shape.batch, self.shape.length];
        Tensor::from_data(TensorData::new(tokens(index, dims.iter().product(), VOCAB), dims), &self.device)
    }
}
