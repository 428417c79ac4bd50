//! A perceptron of Burn's own layers that learns a surface.

use std::sync::Arc;

use burn::data::dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher};
use burn::data::dataset::InMemDataset;
use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use burn::train::{InferenceStep, RegressionOutput, TrainOutput, TrainStep};
use mup_init::InitSpec;
use mup_optim::{MupAdamWConfig, OptimError, clip_by_global_norm};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

use crate::MAX_NORM;

/// One example: the coordinates of a point, and the height there.
pub type Point = ([f32; 2], f32);

/// Examples in one batch.
pub const BATCH: usize = 16;

/// A perceptron made of Burn's own layers.
#[derive(Module, Debug)]
pub struct Mlp {
    input: Linear,
    hidden: Linear,
    readout: Linear,
}

impl Mlp {
    /// A model of the family, lazily initialized.
    #[must_use]
    pub fn new(width: usize, device: &Device) -> Self {
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
        Self { input: linear(2, width), hidden: linear(width, width), readout: linear(width, 1) }
    }

    fn output(&self, batch: Batch) -> RegressionOutput {
        let x = self.input.forward(batch.inputs).tanh();
        let output = self.readout.forward(self.hidden.forward(x).tanh());
        let loss = (output.clone() - batch.targets.clone()).square().mean();
        RegressionOutput { loss, output, targets: batch.targets }
    }
}

/// Examples on a device.
#[derive(Clone, Debug)]
pub struct Batch {
    inputs: Tensor<2>,
    targets: Tensor<2>,
}

impl Batch {
    /// Examples moved to a device.
    #[must_use]
    pub fn new(points: &[Point], device: &Device) -> Self {
        let inputs: Vec<f32> = points.iter().flat_map(|(input, _)| *input).collect();
        let targets: Vec<f32> = points.iter().map(|(_, target)| *target).collect();
        Self {
            inputs: Tensor::from_data(TensorData::new(inputs, [points.len(), 2]), device),
            targets: Tensor::from_data(TensorData::new(targets, [points.len(), 1]), device),
        }
    }
}

impl TrainStep for Mlp {
    type Input = Batch;
    type Output = RegressionOutput;

    fn step(&self, batch: Batch) -> TrainOutput<RegressionOutput> {
        let output = self.output(batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }

    fn optimize(self, optim: &mut ModuleOptimizer, lr: ModuleLearningRate, grads: GradientsParams) -> Self {
        let (grads, _norm) = clip_by_global_norm(&self, grads, MAX_NORM).expect("gradients of this very module");
        optim.step(lr, self, grads)
    }
}

impl InferenceStep for Mlp {
    type Input = Batch;
    type Output = RegressionOutput;

    fn step(&self, batch: Batch) -> RegressionOutput {
        self.output(batch)
    }
}

/// The µP plan of a width, with width 8 as the base.
///
/// # Panics
///
/// Never: the three models are of one family.
#[must_use]
pub fn plan(width: usize, device: &Device) -> ScalingPlan {
    let model = |width| Mlp::new(width, device);
    let shapes = mup_shapes::infer(&model(8), &model(16), &model(width)).expect("one family");
    ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).expect("a rule for every role")
}

/// The model of a plan, with weights drawn from it.
///
/// # Panics
///
/// Never: the plan is this model's.
#[must_use]
pub fn initialized(plan: &ScalingPlan, width: usize, seed: u64, device: &Device) -> Mlp {
    let spec = InitSpec::new().zero_readout();
    mup_init::initialize(Mlp::new(width, device), plan, &spec, seed).expect("the plan is this model's")
}

/// AdamW from the plan.
///
/// # Errors
///
/// [`OptimError`] if the plan is not the model's.
pub fn optimizer(plan: &ScalingPlan, model: &Mlp) -> Result<ModuleOptimizer, OptimError> {
    MupAdamWConfig::new().with_weight_decay(0.1).init(plan, model)
}

/// Points on a smooth surface, always the same.
#[must_use]
pub fn points(n: usize) -> Vec<Point> {
    let coordinate = |i: usize, step: f32| (i as f32 * step).sin();
    let point = |i| [coordinate(i, 0.7), coordinate(i, 1.3)];
    (0..n).map(|i| (point(i), (3.0 * point(i)[0]).sin() * point(i)[1])).collect()
}

#[derive(Clone, Debug)]
struct PointBatcher;

impl Batcher<Point, Batch> for PointBatcher {
    fn batch(&self, points: Vec<Point>, device: &Device) -> Batch {
        Batch::new(&points, device)
    }
}

/// Batches of points, in their order.
#[must_use]
pub fn loader(points: Vec<Point>, device: &Device) -> Arc<dyn DataLoader<Batch>> {
    let builder = DataLoaderBuilder::new(PointBatcher).batch_size(BATCH).set_device(device.clone());
    builder.build(InMemDataset::new(points))
}
