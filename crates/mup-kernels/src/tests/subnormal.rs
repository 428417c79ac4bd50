//! Weights and slopes that are almost 0: no gradient that went through them is subnormal, which would make every product of
//! a matrix kernel that meets it take a hundred times as long on x86 processors.

use burn::tensor::DType;

use super::cases::{Attention, Kind, attention, cross_entropy, gated, linear_gelu};
use super::harness::{Arguments, Case, Function, run_on, values};
use super::layout::Layout;
use crate::Gate;

/// From 0 down.
fn ramp(count: usize, lowest: f64) -> Vec<f64> {
    (0..count).map(|i| lowest * i as f64 / count as f64).collect()
}

/// Checks a millionth of the output, whose gradients are as small as those of training.
fn has_no_subnormal_number(case: Case, inputs: &[Vec<f64>]) {
    let Case { name, fused, .. } = case;
    let scaled: Function = Box::new(move |a: &Arguments<'_>| fused(a).mul_scalar(1e-6));
    for (i, list) in run_on(inputs, &scaled, DType::F32, Layout::Plain).iter().enumerate() {
        let subnormal = list.iter().filter(|value| (**value as f32).is_subnormal()).count();
        assert_eq!(subnormal, 0, "{name}: subnormal numbers of output or gradient {i}");
    }
}

#[test]
fn gradients_through_gelu_far_below_zero_are_not_subnormal() {
    let rows = 1000;
    has_no_subnormal_number(linear_gelu([1, rows, 1, 1], false), &[ramp(rows, -20.0), vec![1.0], vec![0.0]]);
}

#[test]
fn gradients_through_gates_that_are_almost_closed_are_not_subnormal() {
    let rows = 1000;
    for by in [Gate::Silu, Gate::Gelu] {
        has_no_subnormal_number(gated([1, rows, 1], by), &[ramp(rows, -100.0), values(rows, 3)]);
    }
}

#[test]
fn gradients_of_logits_that_are_far_below_the_largest_are_not_subnormal() {
    let classes = 500;
    has_no_subnormal_number(cross_entropy([1, 1, classes]), &[ramp(classes, -120.0)]);
}

/// Those of values and keys are sums of products: of weights, and of weights and gradients of logits.
#[test]
fn gradients_of_keys_that_are_hardly_attended_to_are_not_subnormal() {
    let time = 200;
    let keys_and_values = ramp(time, -100.0).into_iter().zip(values(time, 2));
    let qkv: Vec<f64> = keys_and_values.flat_map(|(key, value)| [1.0, key, value]).collect();
    let inputs = [qkv, vec![1.0], vec![0.0; time + 1], vec![0.0], vec![0.0]];
    for kind in [Kind::None, Kind::Relative] {
        has_no_subnormal_number(attention(Attention::plain([1, 1, time, 1, 1]), kind), &inputs);
    }
}
