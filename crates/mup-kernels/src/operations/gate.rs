//! Gated activations: SwiGLU and GeGLU.

use burn::tensor::{Tensor, activation};

use super::check_linear;
use crate::{portable, shapes};

/// What a gate's numbers go through before they multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// x / (1 + e^−x): SwiGLU.
    Silu,
    /// x Φ(x), the exact GELU: GeGLU.
    Gelu,
}

/// f(gate) ⊙ up, the hidden layer of SwiGLU (f = SiLU) or GeGLU (f = GELU), of two tensors of one shape.
///
/// # Panics
///
/// Panics if the shapes differ.
///
/// # Reference
///
/// Shazeer, arXiv:2002.05202.
#[must_use]
pub fn gated<const D: usize>(gate: Tensor<D>, up: Tensor<D>, by: Gate) -> Tensor<D> {
    shapes::gated(&gate.dims(), &up.dims());
    portable_gated(gate, up, by)
}

/// f(x W_gate + b_gate) ⊙ (x W_up + b_up); shapes as in [`linear`](crate::linear), both layers of one width.
///
/// # Panics
///
/// As [`linear`](crate::linear), or if the two widths differ.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use mup_kernels::{Gate, linear_gated};
/// let device = Device::flex();
/// let (x, gate, up) = (Tensor::<2>::ones([4, 8], &device), Tensor::<2>::ones([8, 3], &device), Tensor::ones([8, 3], &device));
/// let hidden = linear_gated(x, (gate, None::<Tensor<1>>), (up, None), Gate::Silu);
/// assert_eq!(hidden.dims(), [4, 3]);
/// ```
#[must_use]
pub fn linear_gated<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    gate: (Tensor<W>, Option<Tensor<B>>),
    up: (Tensor<W>, Option<Tensor<B>>),
    by: Gate,
) -> Tensor<D> {
    shapes::linear_gated(&gate.0.dims(), &up.0.dims());
    check_linear("linear_gated", &x, &gate.0, gate.1.as_ref());
    check_linear("linear_gated", &x, &up.0, up.1.as_ref());
    portable_gated(portable::linear(x.clone(), gate.0, gate.1), portable::linear(x, up.0, up.1), by)
}

pub(crate) fn portable_gated<const D: usize>(gate: Tensor<D>, up: Tensor<D>, by: Gate) -> Tensor<D> {
    let open = match by {
        Gate::Silu => activation::silu(gate),
        Gate::Gelu => crate::gelu(gate),
    };
    open * up
}
