//! GELU, with its exact derivative on every device.

use std::f64::consts::SQRT_2;

#[cfg(feature = "host")]
use burn::backend::DispatchDevice;
use burn::tensor::{Device, Tensor, activation};

/// x · Φ(x) (Hendrycks & Gimpel 2016, arXiv:1606.08415), not the tanh approximation.
///
/// Burn's own GELU is exact forward on every device; backward, ndarray and the CubeCL devices (wgpu, CUDA, …) have the
/// derivative of the tanh approximation instead (burn-backend 0.22.1, `src/backend/ops/activation.rs:98`), which is
/// wrong by up to 1e-3. There it is composed of operations whose derivatives are exact.
#[must_use]
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let device = x.device();
    if device.is_autodiff() && !has_exact_derivative(device) { composed(x) } else { activation::gelu(x) }
}

fn composed<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let twice_phi = x.clone().div_scalar(SQRT_2).erf().add_scalar(1.0);
    x.mul(twice_phi).mul_scalar(0.5)
}

fn has_exact_derivative(device: Device) -> bool {
    match device.without_autodiff().as_dispatch() {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "libtorch")]
        DispatchDevice::LibTorch(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::{composed, gelu};

    const POINTS: [f32; 9] = [-6.0, -3.0, -1.5, -0.3, 0.0, 0.2, 1.0, 2.5, 5.0];

    /// Φ(x) + x φ(x).
    fn exact(x: f64) -> f64 {
        let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        0.5 * (1.0 + erf(x / 2.0_f64.sqrt())) + x * density
    }

    /// By its power series, which converges everywhere.
    fn erf(x: f64) -> f64 {
        let mut term = x;
        let mut sum = x;
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    fn derivative(of: fn(Tensor<1>) -> Tensor<1>) -> Vec<f64> {
        let x = Tensor::<1>::from_data(POINTS, &Device::flex().autodiff()).require_grad();
        let gradients = of(x.clone()).sum().backward();
        x.grad(&gradients).expect("x is tracked").into_data().iter::<f64>().collect()
    }

    /// The tanh approximation's derivative is off by 1e-3 at 2.5.
    #[test]
    fn both_ways_have_the_exact_derivative() {
        for of in [composed, gelu] {
            for (point, found) in POINTS.into_iter().zip(derivative(of)) {
                let expected = exact(f64::from(point));
                assert!((found - expected).abs() < 1e-6, "at {point}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn both_ways_have_the_same_values() {
        let x = Tensor::<1>::from_data(POINTS, &Device::flex());
        let difference = (composed(x.clone()) - gelu(x)).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-6, "{difference}");
    }
}
