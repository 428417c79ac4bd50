//! Operations as functions of flat leaves, so that one comparison serves them all.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::layout::Layout;

/// A function of flat tensors, once fused and once portable.
pub(super) struct Case {
    pub(super) name: String,
    /// Models side by side; the first axis of every input and of the output.
    pub(super) groups: usize,
    /// Elements of each input.
    pub(super) sizes: Vec<usize>,
    pub(super) fused: Function,
    pub(super) portable: Function,
}

pub(super) type Function = Box<dyn Fn(&Arguments<'_>) -> Tensor<1> + Send + Sync>;

/// Flat tensors, which an operation takes in the shapes of its own, and how they lie in memory.
pub(super) struct Arguments<'a> {
    pub(super) leaves: &'a [Tensor<1>],
    pub(super) layout: Layout,
}

impl Arguments<'_> {
    pub(super) fn get<const D: usize>(&self, i: usize, shape: [usize; D]) -> Tensor<D> {
        self.layout.of(self.leaves[i].clone().reshape(shape))
    }

    /// Tokens or targets below `bound`.
    pub(super) fn indices(&self, shape: [usize; 2], bound: usize) -> Tensor<2, Int> {
        let indices: Vec<i64> = (0..shape[0] * shape[1]).map(|i| (i * i % bound) as i64).collect();
        let indices = Tensor::from_data(TensorData::new(indices, shape), &self.leaves[0].device());
        self.layout.of_indices(indices)
    }

    /// The result of an operation; its gradient then comes in the layout.
    pub(super) fn flat<const D: usize>(&self, y: Tensor<D>) -> Tensor<1> {
        let count = y.dims().iter().product::<usize>();
        self.layout.of_result(y).reshape([count])
    }
}

/// Numbers of unit size that look random and are the same every time.
pub(super) fn values(count: usize, seed: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729 + 13) as f64 * 0.618).sin() * 1.2).collect()
}

pub(super) fn inputs(case: &Case) -> Vec<Vec<f64>> {
    case.sizes.iter().enumerate().map(|(i, size)| values(*size, i)).collect()
}

/// The output, and the gradient of Σ w_i y_i in every input.
pub(super) fn run(case: &Case, function: &Function, dtype: DType) -> Vec<Vec<f64>> {
    run_on(&inputs(case), function, dtype, Layout::Plain)
}

pub(super) fn run_on(inputs: &[Vec<f64>], function: &Function, dtype: DType, layout: Layout) -> Vec<Vec<f64>> {
    let device = Device::flex().autodiff();
    let leaves: Vec<Tensor<1>> = inputs.iter().map(|values| leaf(values, &device, dtype).require_grad()).collect();
    let output = function(&Arguments { leaves: &leaves, layout });
    let weights = leaf(&values(output.dims()[0], 99), &device, dtype);
    let gradients = (output.clone() * weights).sum().backward();
    let gradient = |leaf: &Tensor<1>| match leaf.grad(&gradients) {
        Some(gradient) => numbers(gradient),
        None => vec![0.0; leaf.dims()[0]],
    };
    core::iter::once(numbers(output)).chain(leaves.iter().map(gradient)).collect()
}

/// The output on a device without autodiff.
pub(super) fn forward(inputs: &[Vec<f64>], function: &Function, dtype: DType) -> Vec<f64> {
    let leaves: Vec<Tensor<1>> = inputs.iter().map(|values| leaf(values, &Device::flex(), dtype)).collect();
    numbers(function(&Arguments { leaves: &leaves, layout: Layout::Plain }))
}

pub(super) fn leaf(values: &[f64], device: &Device, dtype: DType) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), (device, dtype))
}

pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// Exact values, so that −0 differs from 0 and NaN equals NaN.
pub(super) fn bits(lists: &[Vec<f64>]) -> Vec<Vec<u64>> {
    lists.iter().map(|list| list.iter().map(|value| value.to_bits()).collect()).collect()
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

/// Panics unless each output and gradient of the first is that of the second, to a relative tolerance.
pub(super) fn assert_close(name: &str, found: &[Vec<f64>], expected: &[Vec<f64>], tolerance: f64) {
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let deviation = deviation(found, expected);
        assert!(deviation < tolerance, "{name}: output or gradient {i} differs by {deviation}");
    }
}
