//! Gated activations: SwiGLU and GeGLU.

use burn::tensor::{Tensor, activation};

use super::linear;
use crate::shapes;

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused},
    slices::{self, gate, real::Real},
};

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
    #[cfg(feature = "host")]
    if crate::is_fused(&gate) {
        return fused!(Gated { by }, gate, up);
    }
    portable(gate, up, by)
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
/// let x = Tensor::<2>::ones([4, 8], &device);
/// let [gate, up] = [(); 2].map(|()| Tensor::<2>::ones([8, 3], &device));
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
    linear::check("linear_gated", &x, &gate.0, gate.1.as_ref());
    linear::check("linear_gated", &x, &up.0, up.1.as_ref());
    #[cfg(feature = "host")]
    if crate::is_fused(&x) {
        return fused!(LinearGated { by }, x, gate.0, gate.1, up.0, up.1);
    }
    portable(linear::portable(x.clone(), gate.0, gate.1), linear::portable(x, up.0, up.1), by)
}

pub(crate) fn portable<const D: usize>(gate: Tensor<D>, up: Tensor<D>, by: Gate) -> Tensor<D> {
    let open = match by {
        Gate::Silu => activation::silu(gate),
        Gate::Gelu => crate::gelu(gate),
    };
    open * up
}

/// Of the gate and what it opens for.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct Gated {
    by: Gate,
}

/// One row of everything.
#[cfg(feature = "host")]
fn flat<H: Host, R: Real>(x: &Input<H, R>) -> gate::Shape {
    gate::Shape { width: x.width(), stride: x.width() }
}

#[cfg(feature = "host")]
impl Operation<2> for Gated {
    const READ: [bool; 2] = [true; 2];

    fn forward<H: Host, R: Real>(&self, [gate, up]: &[Input<H, R>; 2]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let mut y = gate.room();
        gate::forward(flat(gate), self.by, gate.get(), up.get(), y.get());
        (y, Vec::new())
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 2>) -> [Option<Output<H, R>>; 2] {
        let [gate, up] = &pass.inputs;
        let (mut dgate, mut dup) = (gate.room(), up.room());
        gate::backward(self.by, [gate.get(), up.get(), pass.gradient.get()], dgate.get(), dup.get());
        [dgate, dup].map(Some)
    }
}

/// Of x, and weight and bias of the gate and of what it opens for.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct LinearGated {
    by: Gate,
}

#[cfg(feature = "host")]
impl Operation<5> for LinearGated {
    const READ: [bool; 5] = [true, true, false, true, false];

    fn forward<H: Host, R: Real>(
        &self,
        [x, gate, gate_bias, up, up_bias]: &[Input<H, R>; 5],
    ) -> (Output<H, R>, Vec<Output<H, R>>) {
        let layers = [linear::layer(gate, gate_bias), linear::layer(up, up_bias)];
        let (mut both, mut y) = (linear::output(x, &layers), linear::output(x, &layers[..1]));
        slices::linear::forward(linear::shape(x, gate), x.get(), &layers, None, both.get(), None);
        let width = gate.width();
        let (shape, both_) = (gate::Shape { width, stride: 2 * width }, &*both.get());
        gate::forward(shape, self.by, both_, both_.get(width..).unwrap_or_default(), y.get());
        (y, vec![both])
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 5>) -> [Option<Output<H, R>>; 5] {
        let [x, gate, gate_bias, up, up_bias] = &pass.inputs;
        let width = gate.width();
        let both = &pass.saved[0];
        let mut dboth = both.room();
        gate::backward_packed(width, self.by, both.get(), pass.gradient.get(), dboth.get());
        let layers = [(gate, gate_bias), (up, up_bias)];
        let (dx, [gate, up]) = linear::gradients(&dboth.into_input(), x, layers, pass.wanted[0]);
        [dx, Some(gate.0), gate.1, Some(up.0), up.1]
    }
}
