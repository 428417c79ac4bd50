//! The MLP and the convolutional network against plain loops.

use burn::module::Param;
use burn::tensor::{Tensor, TensorData};
use mup_models::{Activation, ConvNetConfig, MlpConfig};
use mup_probe::Collector;

use crate::common::{distance, random, random_tokens, redraw, values};
use crate::device;

/// Some hundred operations in f64 on numbers of order 1 to 10.
const ROUNDING: f64 = 1e-12;

#[test]
fn an_mlp_applies_its_layers_in_order_with_the_activation_between_them() {
    let device = device();
    let model = redraw(MlpConfig::new(3, vec![4, 6, 5], 2).with_activation(Activation::Tanh).init(&device).unwrap(), 1);
    let x = random([7, 3], 2, &device);
    let mut expected = x.clone();
    for layer in [&model.input, &model.hidden[0], &model.hidden[1]] {
        let bias = layer.bias.as_ref().unwrap().val().unsqueeze();
        expected = (expected.matmul(layer.weight.val()) + bias).tanh();
    }
    let bias = model.readout.bias.as_ref().unwrap().val().unsqueeze();
    let expected = expected.matmul(model.readout.weight.val()) + bias;
    let mut seen = Collector::new();
    let logits = model.forward_probed(x.clone(), &mut seen);
    assert!(distance(&logits, &expected) < ROUNDING);
    assert_eq!(values(&logits), values(&model.forward(x)));
    let seen: Vec<_> = seen.iter().map(|(name, dims)| (name, dims[1])).collect();
    assert_eq!(seen, [("input", 4), ("hidden.0", 6), ("hidden.1", 5), ("logits", 2)]);
}

#[test]
fn activations_have_the_values_of_their_definitions() {
    let device = device();
    let x = Tensor::<2>::from_data([[1.0, -0.5, 2.0]], &device);
    // x·Φ(x) with Φ the normal distribution function: Φ(1) = 0.8413447460685429, Φ(−0.5) = 0.3085375387259869,
    // Φ(2) = 0.9772498680518208. The tanh approximation differs from 1e-4 on.
    let gelu = [0.841_344_746_068_542_9, -0.154_268_769_362_993_45, 1.954_499_736_103_641_6];
    let expected = [
        (Activation::Relu, [1.0, 0.0, 2.0]),
        (Activation::Tanh, [1_f64.tanh(), -0.5_f64.tanh(), 2_f64.tanh()]),
        (Activation::Gelu, gelu),
    ];
    for (activation, expected) in expected {
        let config = MlpConfig::new(3, vec![3], 3).with_bias(false).with_activation(activation);
        let mut model = config.init(&device).unwrap();
        model.input.weight = Param::from_tensor(Tensor::eye(3, &device));
        model.readout.weight = Param::from_tensor(Tensor::eye(3, &device));
        let logits = model.forward(x.clone());
        let expected = Tensor::from_data([expected], &device);
        // Flex evaluates erf for f64 to a few units in the last place.
        assert!(distance(&logits, &expected) < ROUNDING, "{activation:?}: {logits}");
    }
}

/// A channel-major image and its side.
type Image = (Vec<f64>, usize);

fn conv3x3((image, side): &Image, weight: &[f64], bias: &[f64]) -> Image {
    let (side, channels) = (*side, image.len() / (side * side));
    let mut out = Vec::new();
    for (c_out, bias) in bias.iter().enumerate() {
        for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
            let mut sum = *bias;
            for c_in in 0..channels {
                for (dy, dx) in (0..3).flat_map(|dy| (0..3).map(move |dx| (dy, dx))) {
                    let (row, column) = (y + dy, x + dx);
                    if (1..=side).contains(&row) && (1..=side).contains(&column) {
                        let pixel = image[(c_in * side + row - 1) * side + column - 1];
                        sum += pixel * weight[((c_out * channels + c_in) * 3 + dy) * 3 + dx];
                    }
                }
            }
            out.push(sum.max(0.0));
        }
    }
    (out, side)
}

fn pool((image, side): &Image) -> Image {
    let (side, half) = (*side, side / 2);
    let channels = image.len() / (side * side);
    let at = |c: usize, y: usize, x: usize| image[(c * side + y) * side + x];
    let mean = |c, y, x| (at(c, y, x) + at(c, y + 1, x) + at(c, y, x + 1) + at(c, y + 1, x + 1)) / 4.0;
    let positions = (0..channels).flat_map(|c| (0..half).flat_map(move |y| (0..half).map(move |x| (c, y, x))));
    (positions.map(|(c, y, x)| mean(c, 2 * y, 2 * x)).collect(), half)
}

#[test]
fn a_convolutional_network_equals_loops_over_pixels() {
    let device = device();
    let model = redraw(ConvNetConfig::new(2, [3, 5], 4).init(&device).unwrap(), 1);
    let images = random([3, 2, 6, 6], 2, &device);
    let bias = |param: &Option<Param<Tensor<1>>>| values(&param.as_ref().unwrap().val());
    let (w1, w2) = (values(&model.conv1.weight.val()), values(&model.conv2.weight.val()));
    let features: Vec<f64> = values(&images)
        .chunks(2 * 36)
        .flat_map(|image| {
            let image = pool(&conv3x3(&(image.to_vec(), 6), &w1, &bias(&model.conv1.bias)));
            let (image, side) = conv3x3(&image, &w2, &bias(&model.conv2.bias));
            image.chunks(side * side).map(|c| c.iter().sum::<f64>() / c.len() as f64).collect::<Vec<_>>()
        })
        .collect();
    let expected = model.readout.forward(Tensor::<2>::from_data(TensorData::new(features, [3, 5]), &device));
    let mut seen = Collector::new();
    let logits = model.forward_probed(images.clone(), &mut seen);
    assert!(distance(&logits, &expected) < ROUNDING);
    assert_eq!(values(&logits), values(&model.forward(images)));
    let names: Vec<&str> = seen.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["conv1", "conv2", "pooled", "logits"]);
}

#[test]
fn the_loss_is_the_mean_cross_entropy_and_survives_huge_logits() {
    let device = device();
    let model = redraw(MlpConfig::new(3, vec![4], 5).init(&device).unwrap(), 1);
    let (x, targets) = (random([7, 3], 2, &device), random_tokens([1, 7], 5, 3, &device).flatten::<1>(0, 1));
    let logits = values(&model.forward(x.clone()));
    let classes: Vec<usize> = targets.to_data().iter::<i64>().map(|class| class as usize).collect();
    let surprise = |(row, class): (&[f64], &usize)| row.iter().map(|z| z.exp()).sum::<f64>().ln() - row[*class];
    let expected = logits.chunks(5).zip(&classes).map(surprise).sum::<f64>() / 7.0;
    assert!((model.loss(x, targets).into_scalar::<f64>() - expected).abs() < ROUNDING);

    let huge = Tensor::<2>::from_data([[1e6, 0.0], [0.0, -1e6]], &device);
    let loss = mup_models::cross_entropy(huge, Tensor::from_data([1_i64, 0], &device));
    // 1e6 for the first row, log(1 + e^-1e6) = 0 for the second.
    assert!((loss.into_scalar::<f64>() - 5e5).abs() < 1e-6);
}
