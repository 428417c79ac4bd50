//! Weights of 16 bits without masters: an update is what f64 has, rounded once.

use burn::module::{Param, ParamId};
use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{DType, FloatDType, Tensor, TensorData};
use mup_optim::{
    MupAdafactorConfig, MupAdagradConfig, MupAdamConfig, MupAdamWConfig, MupAdanConfig, MupLambConfig, MupLionConfig,
    MupMuonConfig, MupOptimizer, MupRmsPropConfig, MupSgdConfig, Planned,
};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

use crate::model::device;

const STEPS: usize = 200;

fn linear(d: usize, f: usize) -> Linear {
    LinearConfig::new(d, f).with_bias(false).init(&device())
}

/// The weights before every step, which all types hold exactly; small ones, so that the step shows.
const WEIGHTS: [f64; 12] = [0.125, -0.25, 0.0, 0.25, 0.0625, 0.125, -0.125, 0.5, -0.0625, 0.25, 0.03125, -0.5];

/// One entry never has a gradient; the others have a large one at first, which the averages must forget.
fn gradient(step: usize) -> Vec<f64> {
    let size = if step == 0 { 8.0 } else { 1.0 };
    (0..12).map(|i| f64::from(i % 5) * 0.25 * size * if i % 3 == 1 { -1.0 } else { 1.0 }).collect()
}

/// The weights after each step of `optimizer`, from the same before each.
fn trained(
    dtype: FloatDType,
    mut step: impl FnMut(Linear, GradientsParams) -> Linear,
    shape: &[usize],
) -> Vec<Vec<f64>> {
    let device = device();
    let stacked = |values: Vec<f64>| TensorData::new(values, [shape[0], shape[1]]);
    (0..STEPS)
        .map(|i| {
            let mut model = linear(shape[0], shape[1]);
            let weight = Tensor::<2>::from_data(stacked(WEIGHTS.to_vec()), (&device, DType::from(dtype)));
            model.weight = Param::initialized(ParamId::from(7), weight.require_grad());
            let mut gradients = GradientsParams::new();
            let value =
                Tensor::<2>::from_data(stacked(gradient(i)), (&device.clone().without_autodiff(), DType::from(dtype)));
            gradients.register(model.weight.id, value);
            step(model, gradients).weight.val().into_data().iter::<f64>().collect()
        })
        .collect()
}

/// Half a unit in the last place of each type, and what f32 makes of sums of some terms.
fn is_rounded_once(name: &str, of: impl Fn(FloatDType) -> Vec<Vec<f64>>) {
    let exact = of(FloatDType::F64);
    for (dtype, half_ulp, least) in [(FloatDType::BF16, 2_f64.powi(-8), 0.0), (FloatDType::F16, 2_f64.powi(-11), 3e-8)]
    {
        for (step, (found, wanted)) in of(dtype).iter().zip(&exact).enumerate() {
            for (found, wanted) in found.iter().zip(wanted) {
                let distance = (found - wanted).abs();
                assert!(
                    distance <= half_ulp * wanted.abs() + least + 2e-5,
                    "{name} in {dtype:?}, step {step}: {found}, and {wanted} in f64"
                );
            }
        }
    }
}

fn plan(id: OptimizerId) -> ScalingPlan {
    let shapes = mup_shapes::infer(&linear(3, 4), &linear(6, 8), &linear(3, 4)).unwrap();
    ScalingPlan::new(&shapes, Parametrization::mup(), id).unwrap()
}

fn alone(config: &(impl Planned + Clone)) {
    is_rounded_once(&config.id().to_string(), |dtype| {
        let model = linear(3, 4);
        let mut optimizer = MupOptimizer::new(&plan(config.id()), &model).with(config.clone()).build().unwrap();
        trained(dtype, |model, gradients| optimizer.step(0.01, model, gradients), &[3, 4])
    });
}

/// In bf16 itself, β₂ = 0.999 is 1 and so is 1 − ηλ of 0.999; in f16, ε = 1e-8 is 0, and 0/0 is no number.
#[test]
fn an_update_of_sixteen_bits_is_that_of_f64_rounded_once_under_every_optimizer() {
    alone(&MupAdamWConfig::new().with_weight_decay(0.1));
    alone(&MupAdamConfig::new().with_l2(0.1));
    alone(&MupSgdConfig::new().with_momentum(0.99).with_weight_decay(0.1));
    alone(&MupMuonConfig::new());
    alone(&MupLionConfig::new().with_weight_decay(0.1));
    alone(&MupLambConfig::new().with_weight_decay(0.1));
    alone(&MupAdafactorConfig::new());
    alone(&MupAdafactorConfig::new().with_scale_parameter(false));
    alone(&MupRmsPropConfig::new().with_alpha(0.999).with_l2(0.1));
    alone(&MupAdagradConfig::new().with_l2(0.1));
    alone(&MupAdanConfig::new().with_weight_decay(0.1));
}
