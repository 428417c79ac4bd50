//! Gradients against central differences of the output, which share nothing with a backward pass.

use burn::tensor::{DType, Device, Tensor};

use super::cases::{Shapes, all};
use super::harness::{Arguments, Case, bits, forward, inputs, leaf, numbers, run, values};
use super::layout::Layout;

/// Coordinates of an input that are tried.
const TRIED: usize = 7;
const STEP: f64 = 1e-5;

fn difference(case: &Case, inputs: &mut [Vec<f64>], input: usize, coordinate: usize) -> f64 {
    let before = inputs[input][coordinate];
    let mut at = |x| {
        inputs[input][coordinate] = x;
        forward(inputs, &case.fused, DType::F64)
    };
    let [above, below] = [before + STEP, before - STEP].map(&mut at);
    inputs[input][coordinate] = before;
    // Output by output, since a sum of all would be rounded to what its largest terms are.
    let slopes = above.iter().zip(&below).map(|(above, below)| (above - below) / (2.0 * STEP));
    slopes.zip(values(above.len(), 99)).map(|(slope, weight)| slope * weight).sum()
}

#[test]
fn gradients_are_the_slopes_of_the_output() {
    for case in all(Shapes::Usual) {
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
    for case in all(Shapes::Usual) {
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
