//! A small network, its plan and optimizer, and a classification task whose data are a function of
//! the step.

use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_init::{InitSpec, initialize};
use mup_models::{Mlp, MlpConfig, shape_reader};
use mup_optim::{MupAdamWConfig, MupSgdConfig};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::InfShapes;
use mup_train::{Event, FamilyError, MicroBatch, RunFolder, Task, TrainError, Trained, Trainer, Training};

pub(crate) const D_INPUT: usize = 6;
pub(crate) const CLASSES: usize = 4;
pub(crate) const BATCH: usize = 8;

pub(crate) fn config(width: usize) -> MlpConfig {
    MlpConfig::new(D_INPUT, vec![width, 2 * width], CLASSES)
}

pub(crate) fn shapes(width: usize) -> InfShapes {
    let model = |width| config(width).init(&Device::flex()).unwrap();
    shape_reader().infer(&model(4), &model(16), &model(width)).unwrap()
}

fn plan_for(width: usize, optimizer: OptimizerId) -> ScalingPlan {
    ScalingPlan::new(&shapes(width), Parametrization::mup(), optimizer).unwrap()
}

pub(crate) fn plan(width: usize) -> ScalingPlan {
    plan_for(width, OptimizerId::ADAMW)
}

/// A fresh model and optimizer, the same weights in every process.
pub(crate) fn start(width: usize) -> (Mlp, ModuleOptimizer) {
    let plan = plan(width);
    let model = initial(width, &plan);
    let optimizer = MupAdamWConfig::new().init(&plan, &model).unwrap();
    (model, optimizer)
}

/// The same with SGD.
pub(crate) fn start_sgd(width: usize) -> (Mlp, ModuleOptimizer) {
    let plan = plan_for(width, OptimizerId::SGD);
    let model = initial(width, &plan);
    let optimizer = MupSgdConfig::new().init(&plan, &model).unwrap();
    (model, optimizer)
}

fn initial(width: usize, plan: &ScalingPlan) -> Mlp {
    let model = config(width).init(&Device::flex().autodiff()).unwrap();
    initialize(model, plan, &InitSpec::new(), 1).unwrap()
}

/// Pseudo-random inputs whose class is decided by their largest coordinate; a loss of `poison` at its step.
#[derive(Debug, Default)]
pub(crate) struct Largest {
    pub(crate) seed: u64,
    pub(crate) poison: Option<(usize, f32)>,
}

impl Largest {
    fn batch(&self, step: usize, part: std::ops::Range<usize>, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        let mut state = self.seed.wrapping_mul(31).wrapping_add(step as u64 + 1);
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        let all: Vec<[f32; D_INPUT]> = (0..BATCH).map(|_| std::array::from_fn(|_| draw())).collect();
        let rows = &all[part];
        let class = |row: &[f32; D_INPUT]| (0..CLASSES).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap() as i64;
        let classes: Vec<i64> = rows.iter().map(class).collect();
        let values: Vec<f32> = rows.iter().flatten().copied().collect();
        (
            Tensor::from_data(TensorData::new(values, [rows.len(), D_INPUT]), device),
            Tensor::from_data(TensorData::new(classes, [rows.len()]), device),
        )
    }
}

impl Task<Mlp> for Largest {
    fn loss(&self, model: &Mlp, batch: MicroBatch) -> Result<Tensor<1>, FamilyError> {
        let (x, classes) = self.batch(batch.step, batch.part_of(BATCH)?, &Device::flex().autodiff());
        let loss = model.loss(x, classes);
        Ok(match self.poison {
            Some((step, value)) if step == batch.step => loss.mul_scalar(value),
            _ => loss,
        })
    }

    fn evaluate(&self, model: &Mlp) -> Result<Option<f64>, FamilyError> {
        let (x, classes) = self.batch(usize::MAX / 2, 0..BATCH, &Device::flex());
        Ok(Some(f64::from(model.loss(x, classes).into_scalar::<f32>())))
    }

    fn tokens_per_step(&self) -> u64 {
        BATCH as u64
    }

    fn fingerprint(&self) -> String {
        format!("largest {BATCH} seed {}", self.seed)
    }
}

/// Every parameter's values, in traversal order.
pub(crate) fn weights<M: Module>(model: &M) -> Vec<f32> {
    struct Values(Vec<f32>);
    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().iter::<f32>());
        }
    }
    let mut values = Values(Vec::new());
    model.visit(&mut values);
    values.0
}

/// As bits, so that NaN equals itself.
pub(crate) fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// A run of `Largest` in a folder with a checkpoint after every second step.
pub(crate) fn folder(path: &Path) -> RunFolder {
    RunFolder::new(path, &plan(8)).with_every_steps(2)
}

/// Ten steps, evaluated after 4, 8 and 10.
pub(crate) fn ten_steps() -> Training {
    Training::new(10, 0.02).with_max_norm(1.0).with_evaluate_every(4)
}

/// Trains a fresh model in a folder; events and result.
pub(crate) fn train_in(
    folder: RunFolder,
    training: Training,
    task: &Largest,
) -> (Vec<Event>, Result<Trained<Mlp>, TrainError>) {
    let (model, optimizer) = start(8);
    let mut events = Vec::new();
    let trainer = Trainer::new(training).in_folder(folder).observe(|event| events.push(event.clone()));
    let trained = trainer.train(task, model, optimizer);
    (events, trained)
}

/// Warnings among events.
pub(crate) fn warnings(events: &[Event]) -> Vec<&str> {
    let warned = events.iter().filter_map(|event| match event {
        Event::Warning(warning) => Some(warning.as_str()),
        _ => None,
    });
    warned.collect()
}

/// Names in `checkpoints`, sorted.
pub(crate) fn checkpoints(run: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(run.join("checkpoints")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
