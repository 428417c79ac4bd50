//! Gradients against central differences of the output, which share nothing with a backward pass.

use burn::tensor::{DType, Device, Tensor};

use super::cases::all;
use super::harness::{Arguments, Case, bits, forward, inputs, leaf, numbers, run, values};
use super::layout::Layout;

/// Coordinates of an input that are tried.
const TRIED: usize = 7;
const STEP: f64 = 1e-5;

fn loss(case: &Case, inputs: &[Vec<f64>]) -> f64 {
    let output = forward(inputs, &case.fused, DType::F64);
    output.iter().zip(values(output.len(), 99)).map(|(y, weight)| y * weight).sum()
}

fn difference(case: &Case, inputs: &mut [Vec<f64>], input: usize, coordinate: usize) -> f64 {
    let before = inputs[input][coordinate];
    let mut at = |x| {
        inputs[input][coordinate] = x;
        loss(case, inputs)
    };
    let difference = (at(before + STEP) - at(before - STEP)) / (2.0 * STEP);
    at(before);
    difference
}

#[test]
fn gradients_are_the_slopes_of_the_output() {
    for case in all() {
        let gradients = run(&case, &case.fused, DType::F64);
        let mut inputs = inputs(&case);
        for (input, gradient) in gradients[1..].iter().enumerate() {
            if case.name.starts_with("attention") && input == 1 {
                assert!(gradient.iter().all(|value| *value == 0.0), "{}: nothing flows to the scale", case.name);
                continue;
            }
            let largest = gradient.iter().fold(1.0_f64, |largest, value| largest.max(value.abs()));
            let count = gradient.len();
            let stride = count.div_ceil(TRIED) | 1;
            for coordinate in (0..count).step_by(stride).chain([count - 1]) {
                let slope = difference(&case, &mut inputs, input, coordinate);
                let error = (slope - gradient[coordinate]).abs() / largest;
                assert!(error < 1e-7, "{}: coordinate {coordinate} of input {input} is off by {error}", case.name);
            }
        }
    }
}

#[test]
fn inputs_without_gradients_leave_those_of_the_others_as_they_are() {
    for case in all() {
        let all = bits(&run(&case, &case.fused, DType::F64));
        let used = |input: &usize| all[1 + input].iter().any(|bits| *bits != 0);
        for wanted in (0..case.sizes.len()).filter(used) {
            let tensor = |values: &Vec<f64>| leaf(values, &Device::flex().autodiff(), DType::F64);
            let mut leaves: Vec<Tensor<1>> = inputs(&case).iter().map(tensor).collect();
            leaves[wanted] = leaves[wanted].clone().require_grad();
            let output = (case.fused)(&Arguments { leaves: &leaves, layout: Layout::Plain });
            let weights = tensor(&values(output.dims()[0], 99));
            let gradients = (output * weights).sum().backward();
            let gradient = leaves[wanted].grad(&gradients).map_or(vec![0.0; case.sizes[wanted]], numbers);
            assert!(bits(&[gradient])[0] == all[1 + wanted], "{}: input {wanted} alone", case.name);
        }
    }
}
