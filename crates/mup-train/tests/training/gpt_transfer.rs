//! The loop of `examples/gpt-transfer`, written out, and ours: the same numbers to the bit.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_init::{InitSpec, initialize};
use mup_models::{Gpt, GptConfig, shape_reader};
use mup_optim::{MupAdamWConfig, clip_by_global_norm};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_train::{FamilyError, MicroBatch, Schedule, Task, Trainer, Training};

use crate::net::{bits, weights};

const STEPS: usize = 25;
const RATE: f64 = 0.01;

struct Counting;

impl Counting {
    fn loss_at(&self, model: &Gpt, step: usize) -> Tensor<1> {
        let device = Device::flex().autodiff();
        let tokens = |shift| -> Tensor<2, Int> {
            let values: Vec<i64> = (0..16).map(|i| ((i * i + i * step + shift) % 11) as i64).collect();
            Tensor::from_data(TensorData::new(values, [2, 8]), &device)
        };
        model.loss(tokens(0), tokens(1))
    }
}

impl Task<Gpt> for Counting {
    fn loss(&self, model: &Gpt, batch: MicroBatch) -> Result<Tensor<1>, FamilyError> {
        Ok(self.loss_at(model, batch.step))
    }

    fn tokens_per_step(&self) -> u64 {
        16
    }

    fn fingerprint(&self) -> String {
        "counting".to_owned()
    }
}

#[test]
fn the_trajectory_of_gpt_transfer_is_repeated_to_the_bit() {
    let config = |width: usize| GptConfig::new(11, 8, 2, width, width / 8, 8, 4 * width);
    let device = Device::flex().autodiff();
    let build = |width| config(width).init(&device).unwrap();
    let shapes = shape_reader().infer(&build(8), &build(16), &build(32)).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    let start = || {
        let model = initialize(build(32), &plan, &InitSpec::new().zero_readout(), 3).unwrap();
        let optimizer = MupAdamWConfig::new().init(&plan, &model).unwrap();
        (model, optimizer)
    };

    let (mut model, mut optimizer) = start();
    let mut losses = Vec::new();
    for step in 0..STEPS {
        let loss = Counting.loss_at(&model, step);
        losses.push(f64::from(loss.clone().into_scalar::<f32>()));
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let (gradients, _) = clip_by_global_norm(&model, gradients, 1.0).unwrap();
        let rate = RATE * Schedule::default().factor(step, STEPS);
        model = optimizer.step(rate, model, gradients);
    }

    let (fresh, optimizer) = start();
    let trainer = Trainer::new(Training::new(STEPS, RATE).with_max_norm(1.0));
    let trained = trainer.train(&Counting, fresh, optimizer).unwrap();
    assert_eq!(bits(&trained.curve.losses), bits(&losses));
    assert_eq!(weights(&trained.model), weights(&model.valid()));
    assert!(losses[STEPS - 1] < losses[0]);
}
