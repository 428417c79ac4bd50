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

use super::Outcome;
use super::measured::Phases;
use super::shape::{BASE, LEARNING_RATE, Shape, VOCAB};
use super::tokens::tokens;

/// Seed of the weights.
const SEED: u64 = 0;

/// A model, its optimizer and its data.
pub(super) struct Training {
    shape: Shape,
    device: Device,
    /// Taken out during a step, so that the optimizer has the only reference to each tensor.
    model: Option<Gpt>,
    optimizer: ModuleOptimizer,
}

/// What a parametrization prescribes for a shape.
pub(super) fn plan(shape: Shape, parametrization: Parametrization) -> Outcome<ScalingPlan> {
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
    pub(super) fn new(shape: Shape, device: &Device, parametrization: Parametrization) -> Outcome<Self> {
        let plan = plan(shape, parametrization)?;
        let model = initialize(shape.config().init(device)?, &plan, &start(), SEED)?;
        let optimizer = MupAdamWConfig::new().with_weight_decay(0.1).init(&plan, &model)?;
        Ok(Self { shape, device: device.clone(), model: Some(model), optimizer })
    }

    fn model(&self) -> &Gpt {
        self.model.as_ref().expect("bug: a step puts the model back")
    }

    /// Writes the weights as they are, for another program.
    pub(super) fn export(&self, path: &Path) -> Outcome<()> {
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
        let mut last = Instant::now();
        let mut lap = || {
            let now = Instant::now();
            (now - std::mem::replace(&mut last, now)).as_secs_f64() * 1e3
        };
        let loss = model.loss(tokens, targets);
        let value = loss.clone().into_scalar::<f64>();
        let forward = lap();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.device.sync()?;
        let backward = lap();
        self.model = Some(self.optimizer.step(LEARNING_RATE, model, gradients));
        self.device.sync()?;
        Ok((Phases { forward, backward, optimizer: lap() }, value))
    }

    /// The losses on batch 0 before each of some steps and after the last one.
    pub(super) fn check(&mut self, steps: usize) -> Outcome<Vec<f64>> {
        let mut losses = Vec::with_capacity(steps + 1);
        for _ in 0..steps {
            losses.push(self.step(self.batch(0))?.1);
        }
        let [tokens, targets] = self.batch(0);
        losses.push(self.model().valid().loss(tokens, targets).into_scalar::<f64>());
        Ok(losses)
    }

    /// Mean milliseconds over steps on batches `first`, `first + 1`, …, after one that is not counted: others have
    /// emptied the caches.
    pub(super) fn repetition(&mut self, first: u64, steps: usize) -> Outcome<Phases> {
        self.step(self.batch(first))?;
        let mut sum = Phases { forward: 0.0, backward: 0.0, optimizer: 0.0 };
        for index in first..first + steps as u64 {
            let (step, _) = self.step(self.batch(index))?;
            sum.forward += step.forward;
            sum.backward += step.backward;
            sum.optimizer += step.optimizer;
        }
        let mean = |sum: f64| sum / steps as f64;
        Ok(Phases { forward: mean(sum.forward), backward: mean(sum.backward), optimizer: mean(sum.optimizer) })
    }
}
