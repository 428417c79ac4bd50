//! Muon by the axes that are declared, in blocks that grow in number, and in bf16.

use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Tensor, TensorData};
use mup_optim::{Blocks, MupMuonConfig, NewtonSchulz};
use mup_rules::{Parametrization, ScalingPlan, ShapeFactor};
use mup_shapes::{Axes, Axis, Kind, ParamSpec, ShapeReader};

use crate::model::device;

/// What a step at rate 1 does to a matrix of this shape with this gradient, in f64.
fn step(reader: &ShapeReader, config: &MupMuonConfig, shape: [usize; 2], gradient: &[f64]) -> Vec<f64> {
    let linear =
        |k: usize| -> Linear { LinearConfig::new(k * shape[0] / 4, k * shape[1] / 4).with_bias(false).init(&device()) };
    let mut layer = linear(4);
    let shapes = reader.infer(&linear(1), &linear(2), &layer).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), mup_optim::Planned::id(config)).unwrap();
    let tensor = |device| Tensor::<2>::from_data(TensorData::new(gradient.to_vec(), shape), (&device, DType::F64));
    layer.weight = layer.weight.map(|_| (tensor(device()) * 0.0).detach().require_grad());
    let mut gradients = GradientsParams::new();
    gradients.register(layer.weight.id, tensor(device().without_autodiff()));
    let mut optimizer = config.init(&plan, &layer).unwrap();
    optimizer.step(1.0, layer, gradients).weight.val().into_data().iter::<f64>().collect()
}

fn transposed(values: &[f64], [rows, columns]: [usize; 2]) -> Vec<f64> {
    (0..columns).flat_map(|j| (0..rows).map(move |i| values[i * columns + j])).collect()
}

/// A layer that stores its weight as PyTorch does: `[out, in]`.
#[test]
fn a_matrix_that_is_declared_transposed_is_trained_as_the_same_matrix() {
    let turned = ParamSpec::new(Axes::new([Axis::Out, Axis::In]), Kind::Weight);
    let (stored, declared) = (ShapeReader::new(), ShapeReader::new().declare("weight", turned));
    let shape = [8, 24]; // in, out
    let gradient: Vec<f64> = (0..8 * 24).map(|i| (f64::from(i) * 0.7).sin() + (f64::from(i * i) * 0.3).cos()).collect();
    for factor in [ShapeFactor::SqrtAspectAboveOne, ShapeFactor::MatchRmsAdam] {
        for blocks in [Blocks::Count(1), Blocks::Count(3), Blocks::Size(6)] {
            let config = MupMuonConfig::new().with_shape_factor(factor).in_blocks("weight", blocks);
            let straight = step(&stored, &config, shape, &gradient);
            let turned = step(&declared, &config, [24, 8], &transposed(&gradient, shape));
            for (a, b) in transposed(&straight, shape).iter().zip(&turned) {
                assert!((a - b).abs() < 1e-12, "{factor}, {blocks}: {a} and {b}");
            }
        }
    }
}

/// `torch.optim.Muon` computes products in bf16 and `addmm` with its coefficients in f32. Of the matrix 1, one iteration
/// makes 3.4445 + bf16(−4.775 + 2.0315) = 3.4445 − 2.75 = 0.6945, in bf16 0.6953125; with coefficients of 8 bits, 0.6875.
#[test]
fn in_bf16_the_coefficients_are_not_rounded() {
    let linear = |n| -> Linear { LinearConfig::new(n, n).with_bias(false).init(&device()) };
    let mut layer = linear(1);
    let shapes = mup_shapes::infer(&linear(1), &linear(2), &layer).unwrap();
    let config = MupMuonConfig::new().with_newton_schulz(NewtonSchulz::BF16).with_iterations(1).with_weight_decay(0.0);
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), mup_optim::Planned::id(&config)).unwrap();
    layer.weight = layer.weight.map(|weight| (weight * 0.0).detach().require_grad());
    let mut gradients = GradientsParams::new();
    gradients.register(layer.weight.id, Tensor::<2>::ones([1, 1], &device().without_autodiff()));
    let mut optimizer = config.init(&plan, &layer).unwrap();
    assert_eq!(optimizer.step(1.0, layer, gradients).weight.val().into_scalar::<f32>(), -0.695_312_5);
}
