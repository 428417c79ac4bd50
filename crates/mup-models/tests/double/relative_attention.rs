//! Relative attention against plain loops, against PyTorch, and its gradients against finite differences.

use burn::module::{Module, Param};
use burn::tensor::{DType, Device, Gradients, Tensor, TensorData};
use mup_models::{AttentionFrame, CausalAttention, CausalAttentionConfig, Linear};
use mup_probe::Collector;
use safetensors::SafeTensors;

use crate::common::{distance, random, redraw, values};
use crate::device;
use crate::golden::{file, read};

const ALPHA_ATTENTION: f64 = 1.25;
const ALPHA_RELATIVE: f64 = 0.5;

/// Sizes of `golden/data/attention.json`: n_head · d_head differs from d_model.
fn layer(device: &Device) -> CausalAttention {
    CausalAttentionConfig::new(10, 3, 4).with_alpha_attention(ALPHA_ATTENTION).init(device).unwrap()
}

fn frame(time: usize, device: &Device) -> AttentionFrame {
    AttentionFrame::new(time, time, device, DType::F64).with_relative(10, ALPHA_RELATIVE)
}

struct Matrix {
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    fn new(weight: &Param<Tensor<2>>) -> Self {
        Self { columns: weight.val().dims()[1], values: values(&weight.val()) }
    }

    fn apply(&self, x: &[f64], bias: Option<&Param<Tensor<1>>>) -> Vec<f64> {
        let mut y = bias.map_or(vec![0.0; self.columns], |bias| values(&bias.val()));
        for (i, x) in x.iter().enumerate() {
            for (j, y) in y.iter_mut().enumerate() {
                *y += x * self.values[i * self.columns + j];
            }
        }
        y
    }
}

/// One sequence, straight from the formula: for every query, key and head, one sum over the head's coordinates.
fn naive(layer: &CausalAttention, x: &[Vec<f64>], d_head: usize, alpha_relative: f64, alpha: f64) -> Vec<Vec<f64>> {
    let project = |x: &[Vec<f64>], linear: &Linear| -> Vec<Vec<f64>> {
        let matrix = Matrix::new(&linear.weight);
        x.iter().map(|row| matrix.apply(row, linear.bias.as_ref())).collect()
    };
    let (q, k, v) = (project(x, &layer.query), project(x, &layer.key), project(x, &layer.value));
    let sinusoid = |distance: usize| -> Vec<f64> {
        let half = x[0].len() / 2;
        let angle = |t: usize| distance as f64 / 10_000_f64.powf(t as f64 / half as f64);
        let sines = (0..half).map(|t| alpha_relative * angle(t).sin());
        sines.chain((0..half).map(|t| alpha_relative * angle(t).cos())).collect()
    };
    let r = project(&(0..x.len()).map(sinusoid).collect::<Vec<_>>(), layer.relative_key.as_ref().unwrap());
    let bias = |param: &Option<Param<Tensor<1>>>| values(&param.as_ref().unwrap().val());
    let (u, w, s) = (bias(&layer.content_bias), bias(&layer.position_bias), values(&layer.logit_scale.val()));
    let heads = q[0].len();
    let mixed: Vec<Vec<f64>> = (0..x.len())
        .map(|i| {
            let mut row = vec![0.0; heads];
            for head in (0..heads).step_by(d_head) {
                let logit = |j: usize| -> f64 {
                    let term = |c: usize| (q[i][c] + u[c]) * k[j][c] + (q[i][c] + w[c]) * r[i - j][c];
                    alpha * (head..head + d_head).map(|c| s[c - head] * term(c)).sum::<f64>()
                };
                let weights: Vec<f64> = (0..=i).map(|j| logit(j).exp()).collect();
                let sum: f64 = weights.iter().sum();
                for c in head..head + d_head {
                    row[c] = (0..=i).map(|j| weights[j] / sum * v[j][c]).sum();
                }
            }
            row
        })
        .collect();
    project(&mixed, &layer.output)
}

fn rows(x: &Tensor<3>) -> Vec<Vec<Vec<f64>>> {
    let [batch, time, width] = x.dims();
    let values = values(x);
    let row = |b: usize, t: usize| values[(b * time + t) * width..][..width].to_vec();
    (0..batch).map(|b| (0..time).map(|t| row(b, t)).collect()).collect()
}

/// In f64 both sides round a few hundred products of order 1: errors stay near 100 · 2⁻⁵³ ≈ 1e-14.
const ROUNDING: f64 = 1e-12;

#[test]
fn relative_attention_equals_a_loop_over_queries_and_keys() {
    let device = device();
    let layer = redraw(layer(&device), 1);
    for time in [1, 2, 5, 8] {
        let x = random([2, time, 10], 2, &device);
        let y = layer.forward(x.clone(), &frame(time, &device));
        let expected: Vec<f64> =
            rows(&x).iter().flat_map(|x| naive(&layer, x, 4, ALPHA_RELATIVE, ALPHA_ATTENTION)).flatten().collect();
        let expected = Tensor::from_data(TensorData::new(expected, [2, time, 10]), &device);
        assert!(distance(&y, &expected) < ROUNDING, "time {time}: {}", distance(&y, &expected));
    }
}

fn golden_layer(file: &SafeTensors<'_>, device: &Device) -> CausalAttention {
    let mut layer = layer(device);
    let weight = |name: &str| Param::from_tensor(read::<2>(file, &format!("weights/{name}.weight"), device));
    let vector = |name: &str| Some(Param::from_tensor(read::<1>(file, &format!("weights/{name}"), device)));
    layer.query.weight = weight("query");
    layer.query.bias = vector("query.bias");
    layer.key.weight = weight("key");
    layer.value.weight = weight("value");
    layer.value.bias = vector("value.bias");
    layer.output.weight = weight("output");
    layer.output.bias = vector("output.bias");
    layer.relative_key.as_mut().unwrap().weight = weight("relative_key");
    layer.content_bias = vector("content_bias");
    layer.position_bias = vector("position_bias");
    // √d_head,base / d_head with a base of 2, as in golden/data/attention.json.
    let scale = 2_f64.sqrt() / 4.0;
    layer.logit_scale = layer.logit_scale.map(|old| Tensor::full_like(&old, scale));
    layer
}

#[test]
fn terms_and_output_equal_those_computed_in_python() {
    let device = device();
    let bytes = file("attention.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let layer = golden_layer(&file, &device);
    for time in [1, 2, 5, 8] {
        let x = read::<3>(&file, &format!("t{time}/input"), &device);
        let mut seen = Collector::new();
        let y = layer.forward_probed(x, &frame(time, &device), &mut seen);
        let expected = read::<3>(&file, &format!("t{time}/output"), &device);
        assert!(distance(&y, &expected) < ROUNDING, "output, time {time}: {}", distance(&y, &expected));
        let past = Tensor::<2>::ones([time, time], &device).tril(0).unsqueeze::<4>();
        for name in ["content_content", "content_position", "bias_content", "logits"] {
            let seen = seen.get::<4>(name).unwrap() * past.clone();
            let expected = read::<4>(&file, &format!("t{time}/{name}"), &device);
            assert!(distance(&seen, &expected) < ROUNDING, "{name}, time {time}");
        }
        // The last query sees every distance, longest first, as the probe does.
        let by_distance = seen.get::<4>("bias_position").unwrap();
        let expected = read::<4>(&file, &format!("t{time}/bias_position"), &device);
        let expected = expected.narrow(0, 0, 1).narrow(2, time - 1, 1);
        assert!(distance(&by_distance, &expected) < ROUNDING, "bias_position, time {time}");
    }
}

/// A scalar that depends on every coordinate of the output with a different weight.
fn objective(layer: &CausalAttention, x: &Tensor<3>) -> Tensor<1> {
    let y = layer.forward(x.clone(), &frame(x.dims()[1], &x.device()));
    let weights = random(y.dims(), 99, &x.device());
    (y * weights).sum()
}

/// Central differences with step h err by h²·f‴/6 + 2⁻⁵³·|f|/h; at h = 1e-4 both are about 1e-8 or less for f of order 1.
fn assert_gradient<const D: usize>(
    name: &str,
    gradient: &Tensor<D>,
    at: &Tensor<D>,
    evaluate: impl Fn(Tensor<D>) -> f64,
) {
    let step = 1e-4;
    let (gradient, start) = (values(gradient), values(at));
    for i in 0..start.len() {
        let moved = |by: f64| {
            let mut values = start.clone();
            values[i] += by;
            evaluate(Tensor::from_data(TensorData::new(values, at.dims()), &at.device()))
        };
        let numeric = (moved(step) - moved(-step)) / (2.0 * step);
        assert!((numeric - gradient[i]).abs() < 1e-7, "{name}[{i}]: {numeric} against {}", gradient[i]);
    }
}

type Field<const D: usize> = fn(&mut CausalAttention) -> &mut Param<Tensor<D>>;

#[test]
fn gradients_of_relative_attention_equal_finite_differences() {
    let device = device().autodiff();
    let layer = redraw(layer(&device), 3);
    let x = random([2, 5, 10], 4, &device).require_grad();
    let gradients = objective(&layer, &x).backward();
    let (frozen, input) = (layer.valid(), x.clone().inner());
    let scalar = |layer: &CausalAttention, x: &Tensor<3>| objective(layer, x).into_scalar::<f64>();
    assert_gradient("x", &x.grad(&gradients).unwrap(), &input, |x| scalar(&frozen, &x));

    fn check<const D: usize>(
        name: &str,
        layer: &CausalAttention,
        gradients: &Gradients,
        input: &Tensor<3>,
        field: Field<D>,
    ) {
        let gradient = field(&mut layer.clone()).val().grad(gradients).unwrap();
        let mut moved = layer.valid();
        let at = field(&mut moved).val();
        assert_gradient(name, &gradient, &at, |value| {
            let mut moved = moved.clone();
            *field(&mut moved) = Param::from_tensor(value);
            objective(&moved, input).into_scalar::<f64>()
        });
    }
    let weights: [(&str, Field<2>); 5] = [
        ("query.weight", |layer| &mut layer.query.weight),
        ("key.weight", |layer| &mut layer.key.weight),
        ("value.weight", |layer| &mut layer.value.weight),
        ("output.weight", |layer| &mut layer.output.weight),
        ("relative_key.weight", |layer| &mut layer.relative_key.as_mut().unwrap().weight),
    ];
    let vectors: [(&str, Field<1>); 5] = [
        ("query.bias", |layer| layer.query.bias.as_mut().unwrap()),
        ("value.bias", |layer| layer.value.bias.as_mut().unwrap()),
        ("output.bias", |layer| layer.output.bias.as_mut().unwrap()),
        ("content_bias", |layer| layer.content_bias.as_mut().unwrap()),
        ("position_bias", |layer| layer.position_bias.as_mut().unwrap()),
    ];
    weights.into_iter().for_each(|(name, field)| check(name, &layer, &gradients, &input, field));
    vectors.into_iter().for_each(|(name, field)| check(name, &layer, &gradients, &input, field));
    assert!(layer.logit_scale.val().grad(&gradients).is_none(), "the logit scale is not trained");
}
