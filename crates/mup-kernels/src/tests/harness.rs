//! Operations as functions of flat leaves, so that one comparison serves them all.

use burn::tensor::{DType, Device, Tensor, TensorData};

/// A function of flat tensors, once fused and once portable.
pub(super) struct Case {
    pub(super) name: String,
    /// Elements of each input.
    pub(super) sizes: Vec<usize>,
    pub(super) fused: Function,
    pub(super) portable: Function,
}

pub(super) type Function = Box<dyn Fn(&[Tensor<1>]) -> Tensor<1>>;

/// Numbers of unit size that look random and are the same every time.
pub(super) fn values(count: usize, seed: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729 + 13) as f64 * 0.618).sin() * 1.2).collect()
}

/// The output, and the gradient of Σ w_i y_i in every input.
pub(super) fn run(case: &Case, function: &Function, dtype: DType) -> Vec<Vec<f64>> {
    let inputs: Vec<Vec<f64>> = case.sizes.iter().enumerate().map(|(i, size)| values(*size, i)).collect();
    run_on(&inputs, function, dtype)
}

pub(super) fn run_on(inputs: &[Vec<f64>], function: &Function, dtype: DType) -> Vec<Vec<f64>> {
    let device = Device::flex().autodiff();
    let tensor =
        |values: &[f64]| Tensor::<1>::from_data(TensorData::new(values.to_vec(), [values.len()]), (&device, dtype));
    let leaves: Vec<Tensor<1>> = inputs.iter().map(|values| tensor(values).require_grad()).collect();
    let output = function(&leaves);
    let weights = tensor(&values(output.dims()[0], 99));
    let gradients = (output.clone() * weights).sum().backward();
    let numbers = |tensor: Tensor<1>| tensor.into_data().iter::<f64>().collect::<Vec<f64>>();
    let gradient = |leaf: &Tensor<1>| match leaf.grad(&gradients) {
        Some(gradient) => numbers(gradient),
        None => vec![0.0; leaf.dims()[0]],
    };
    core::iter::once(numbers(output)).chain(leaves.iter().map(gradient)).collect()
}

/// The largest difference of two lists, relative to the largest number of the second.
pub(super) fn deviation(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let scale = b.iter().fold(1e-30_f64, |scale, value| scale.max(value.abs()));
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs() / scale)
        .fold(0.0, |worst, d| if d > worst || d.is_nan() { d } else { worst })
}
