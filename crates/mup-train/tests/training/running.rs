//! Running statistics, which change in the forward pass, and losses in f64.

use std::cell::Cell;
use std::path::Path;

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, FloatDType, Tensor, TensorData};
use mup_init::{InitSpec, initialize};
use mup_optim::{MupAdamWConfig, cast_parameters};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_train::{FamilyError, MicroBatch, RunFolder, Task, Trained, Trainer, Training, write_safetensors};

use crate::net::weights;

#[derive(Module, Debug)]
struct Normed {
    input: Linear,
    norm: BatchNorm,
    readout: Linear,
}

impl Normed {
    fn new(width: usize) -> Self {
        let device = Device::flex().autodiff();
        Self {
            input: LinearConfig::new(3, width).init(&device),
            norm: BatchNormConfig::new(width).init(&device),
            readout: LinearConfig::new(width, 2).init(&device),
        }
    }

    fn plan() -> ScalingPlan {
        let shapes = mup_shapes::infer(&Self::new(4), &Self::new(6), &Self::new(8)).unwrap();
        ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap()
    }

    fn start(dtype: FloatDType) -> (Self, ModuleOptimizer) {
        let plan = Self::plan();
        let model = initialize(cast_parameters(Self::new(8), dtype).unwrap(), &plan, &InitSpec::new(), 1).unwrap();
        let optimizer = MupAdamWConfig::new().init(&plan, &model).unwrap();
        (model, optimizer)
    }
}

/// Squares of waves of the step.
struct Waves;

impl Task<Normed> for Waves {
    fn loss(&self, model: &Normed, batch: MicroBatch) -> Result<Tensor<1>, FamilyError> {
        let first = (batch.step * batch.of + batch.index) as f32;
        let x: Vec<f32> = (0_u8..12).map(|i| (f32::from(i) * 0.7 + first).sin()).collect();
        let weight = model.input.weight.val();
        let x: Tensor<2> = Tensor::from_data(TensorData::new(x, [4, 3]), (&weight.device(), weight.dtype()));
        let x = model.norm.forward(model.input.forward(x)).tanh();
        Ok((model.readout.forward(x) - 1.0).square().mean())
    }

    fn tokens_per_step(&self) -> u64 {
        4
    }

    fn fingerprint(&self) -> String {
        "waves".to_owned()
    }
}

fn train(folder: Option<&Path>, stop: usize) -> Trained<Normed> {
    let (model, optimizer) = Normed::start(FloatDType::F32);
    let done = Cell::new(0);
    let mut trainer = Trainer::new(Training::new(6, 0.02).with_micro_batches(2))
        .observe(|event| done.set(done.get() + usize::from(matches!(event, mup_train::Event::Step(_)))))
        .interrupt(|| done.get() == stop);
    if let Some(folder) = folder {
        trainer = trainer.in_folder(RunFolder::new(folder, &Normed::plan()));
    }
    trainer.train(&Waves, model, optimizer).unwrap()
}

/// Weights and statistics, as evaluation uses them.
fn evaluated(model: &Normed) -> (Vec<f32>, Vec<f32>) {
    let norm = model.valid().norm;
    let read = |tensor: Tensor<1>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
    (weights(model), [read(norm.running_mean.value()), read(norm.running_var.value())].concat())
}

/// `weights` visits the statistics too, where Burn would show those of the step before.
#[test]
fn a_model_with_batch_norm_resumes_with_its_statistics_to_the_bit() {
    let whole = train(None, 6);
    for stop in 1..6 {
        let run = tempfile::tempdir().unwrap();
        train(Some(run.path()), stop);
        let continued = train(Some(run.path()), 6);
        assert_eq!(continued.curve, whole.curve, "stopped after {stop}");
        assert_eq!(evaluated(&continued.model), evaluated(&whole.model), "stopped after {stop}");
    }
}

#[test]
fn a_trained_model_and_its_export_have_the_statistics_of_the_last_step() {
    let (mut model, mut optimizer) = Normed::start(FloatDType::F32);
    for step in 0..2 {
        let loss = Waves.loss(&model, MicroBatch { step, index: 0, of: 1 }).unwrap();
        let gradients = burn::optim::GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.02, model, gradients);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write_safetensors(&model, &path, &[]).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let settled = model.valid().norm.running_mean.value().into_data();
    assert_eq!(file.tensor("norm.running_mean").unwrap().data(), settled.as_bytes());

    let trained = train(None, 6).model;
    let before = trained.norm.running_mean.value().into_data();
    assert_eq!(before, trained.valid().norm.running_mean.value().into_data());
}

#[test]
fn the_losses_of_a_run_in_f64_are_read_as_f64() {
    let (model, optimizer) = Normed::start(FloatDType::F64);
    let first: f64 = {
        let loss = Waves.loss(&model, MicroBatch { step: 0, index: 0, of: 1 }).unwrap();
        loss.into_data().iter::<f64>().sum()
    };
    let trained = Trainer::new(Training::new(1, 0.02)).train(&Waves, model, optimizer).unwrap();
    assert_eq!(trained.curve.losses[0].to_bits(), first.to_bits());
    assert_ne!(first.to_bits(), f64::from(first as f32).to_bits());
}

/// AdamW moves a weight of about 0.5 by about its rate: in bf16, whose next number is 2⁻⁹ away at least, not by 1e-5.
#[test]
fn weights_of_sixteen_bits_that_would_stand_still_are_named_at_the_start() {
    let warned = |dtype, rate| {
        let ((model, optimizer), plan) = (Normed::start(dtype), Normed::plan());
        let mut warnings = Vec::new();
        let trainer = Trainer::new(Training::new(1, rate)).without_masters(&plan).observe(|event| {
            if let mup_train::Event::Warning(warning) = event {
                warnings.push(warning.clone());
            }
        });
        trainer.train(&Waves, model, optimizer).unwrap();
        warnings
    };
    let still = warned(FloatDType::BF16, 1e-5);
    assert_eq!(still.len(), 1, "{still:?}");
    assert!(still[0].contains("MasterWeights") && still[0].contains("input.weight"), "{still:?}");
    assert_eq!(warned(FloatDType::BF16, 0.02), Vec::<String>::new());
    assert_eq!(warned(FloatDType::F32, 1e-5), Vec::<String>::new());
}
