//! One model in training, by the calls that a user of this workspace makes.

use std::path::Path;
use std::time::Instant;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_init::{Distribution, InitSpec, initialize};
use mup_models::{Gpt, shape_reader};
use mup_optim::MupAdamWConfig;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_train::write_safetensors;
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::shape::{BASE, LEARNING_RATE, Shape, VOCAB};
use crate::tokens::tokens;

/// Seed of the weights.
const SEED: u64 = 0;

/// Milliseconds of one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Phases {
    pub(crate) forward: f64,
    pub(crate) backward: f64,
    pub(crate) optimizer: f64,
}

impl Phases {
    pub(crate) fn step(&self) -> f64 {
        self.forward + self.backward + self.optimizer
    }

    /// The mean over steps `first`, `first + 1`, …, after one that is not counted: others have emptied the caches.
    pub(crate) fn mean_of(first: u64, steps: usize, mut step: impl FnMut(u64) -> Outcome<Self>) -> Outcome<Self> {
        step(first)?;
        let mut sum = [0.0; 3];
        for index in first..first + steps as u64 {
            let Self { forward, backward, optimizer } = step(index)?;
            sum.iter_mut().zip([forward, backward, optimizer]).for_each(|(sum, it)| *sum += it);
        }
        let [forward, backward, optimizer] = sum.map(|sum| sum / steps as f64);
        Ok(Self { forward, backward, optimizer })
    }
}

/// Milliseconds since the last look.
pub(crate) struct Watch(Instant);

impl Watch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn lap(&mut self) -> f64 {
        let now = Instant::now();
        (now - std::mem::replace(&mut self.0, now)).as_secs_f64() * 1e3
    }
}

/// A model, its optimizer and its data.
pub(crate) struct Training {
    shape: Shape,
    device: Device,
    /// Taken out during a step, so that the optimizer has the only reference to each tensor.
    model: Option<Gpt>,
    optimizer: ModuleOptimizer,
}

/// What a parametrization prescribes for a shape.
pub(crate) fn plan(shape: Shape, parametrization: Parametrization) -> Outcome<ScalingPlan> {
    let model = |width| shape.config_of_width(width).init(&Device::flex());
    let shapes = shape_reader().infer(&model(BASE)?, &model(2 * BASE)?, &model(shape.d_model)?)?;
    Ok(ScalingPlan::new(&shapes, parametrization, OptimizerId::ADAMW)?)
}

/// Weights under which every parameter matters to the loss, so that a peer that leaves one out is found.
fn start() -> InitSpec {
    let spread = |std| Distribution::Normal { std };
    InitSpec::new().biases(spread(0.1)).vector(spread(0.5)).gains(Distribution::Constant { value: 1.25 })
}

impl Training {
    pub(crate) fn new(shape: Shape, device: &Device, parametrization: Parametrization) -> Outcome<Self> {
        let plan = plan(shape, parametrization)?;
        let model = initialize(shape.config().init(device)?, &plan, &start(), SEED)?;
        let optimizer = MupAdamWConfig::new().with_weight_decay(0.1).init(&plan, &model)?;
        Ok(Self { shape, device: device.clone(), model: Some(model), optimizer })
    }

    fn model(&self) -> &Gpt {
        self.model.as_ref().expect("bug: a step puts the model back")
    }

    /// Writes the weights as they are, for another program.
    pub(crate) fn export(&self, path: &Path) -> Outcome<()> {
        write_safetensors(self.model(), path, &[])?;
        Ok(())
    }

    /// Batch `index`: tokens, and the tokens after them.
    fn batch(&self, index: u64) -> [Tensor<2, Int>; 2] {
        let Shape { batch, length, .. } = self.shape;
        let all = tokens(index, batch * (length + 1), VOCAB);
        [0, 1].map(|shift| {
            let rows = all.chunks_exact(length + 1).flat_map(|row| &row[shift..shift + length]);
            let rows: Vec<i64> = rows.copied().collect();
            Tensor::from_data(TensorData::new(rows, [batch, length]), &self.device)
        })
    }

    /// Times one step; the loss is the one before the update.
    fn step(&mut self, [tokens, targets]: [Tensor<2, Int>; 2]) -> Outcome<(Phases, f64)> {
        self.device.sync()?;
        let model = self.model.take().expect("bug: a step puts the model back");
        let mut watch = Watch::start();
        let loss = model.loss(tokens, targets);
        let value = loss.clone().into_scalar::<f64>();
        let forward = watch.lap();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.device.sync()?;
        let backward = watch.lap();
        self.model = Some(self.optimizer.step(LEARNING_RATE, model, gradients));
        self.device.sync()?;
        Ok((Phases { forward, backward, optimizer: watch.lap() }, value))
    }

    /// The losses on batch 0 before each of some steps and after the last one.
    pub(crate) fn check(&mut self, steps: usize) -> Outcome<Vec<f64>> {
        let mut losses = Vec::with_capacity(steps + 1);
        for _ in 0..steps {
            losses.push(self.step(self.batch(0))?.1);
        }
        let [tokens, targets] = self.batch(0);
        losses.push(self.model().valid().loss(tokens, targets).into_scalar::<f64>());
        Ok(losses)
    }

    /// Mean milliseconds over steps on batches `first`, `first + 1`, ….
    pub(crate) fn repetition(&mut self, first: u64, steps: usize) -> Outcome<Phases> {
        Phases::mean_of(first, steps, |index| Ok(self.step(self.batch(index))?.0))
    }
}
