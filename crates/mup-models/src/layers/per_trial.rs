//! Numbers of which each trial of a stack has its own, and one model one.

use burn::tensor::Tensor;
use mup_kernels::kept_numbers;

/// `x · factor`, or `x[k] · factors[k]` of a stack; exactly `x` when every factor is 1.
pub(crate) fn multiply<const D: usize>(x: Tensor<D>, factors: &[f64]) -> Tensor<D> {
    #[expect(clippy::float_cmp, reason = "only the exact default may skip the multiplication")]
    if factors.iter().all(|factor| *factor == 1.0) {
        return x;
    }
    if let [factor] = factors {
        return x.mul_scalar(*factor);
    }
    let mut dims = [1; D];
    dims[0] = factors.len();
    let factors: Tensor<D> = kept_numbers(factors, (&x.device(), x.dtype())).reshape(dims);
    x * factors
}
