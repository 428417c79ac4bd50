//! Fused operations: one trait, [`Operation`], which says what an operation does with numbers in the processor's memory in
//! both passes. Everything else about Burn's backends, dispatch and autodiff is here once for all of them.

mod autodiff;
mod extension;
#[cfg(feature = "flex")]
mod flex;
mod host;
#[cfg(feature = "libtorch")]
mod libtorch;
mod memory;

use core::fmt::Debug;

use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::{Int, Tensor};

use crate::slices::real::Real;
use extension::{Kernels, Tensors};
pub(crate) use host::Host;
pub(crate) use memory::{Input, Output};

/// An operation of `N` tensors, some of which may be absent. Its numbers and indices are its own fields.
pub(crate) trait Operation<const N: usize>: Clone + Debug + Send + 'static {
    /// Which inputs the backward pass reads; of the others it knows the shape.
    const READ: [bool; N];
    /// Which inputs gradients flow to; of these `backward` gives them.
    const FLOWS: [bool; N] = [true; N];
    /// Whether it reads its own output.
    const READS_OUTPUT: bool = false;

    /// The output, and what the backward pass needs besides the inputs.
    fn forward<H: Host, R: Real>(&self, inputs: &[Input<H, R>; N]) -> (Output<H, R>, Vec<Output<H, R>>);

    /// The gradient of each input; one that nobody wants may be left out.
    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, N>) -> [Option<Output<H, R>>; N];
}

/// What a backward pass is given.
pub(crate) struct Backward<H: Host, R, const N: usize> {
    pub(crate) gradient: Input<H, R>,
    pub(crate) inputs: [Input<H, R>; N],
    /// What the forward pass left, in its order; then its output if it reads that.
    pub(crate) saved: Vec<Input<H, R>>,
    pub(crate) wanted: [bool; N],
}

/// A tensor of any number of axes, or none.
pub(crate) trait Argument {
    fn into_input(self) -> Option<DispatchTensor>;
}

impl<const D: usize> Argument for Tensor<D> {
    fn into_input(self) -> Option<DispatchTensor> {
        Some(self.into_dispatch())
    }
}

impl<const D: usize> Argument for Option<Tensor<D>> {
    fn into_input(self) -> Option<DispatchTensor> {
        self.map(Tensor::into_dispatch)
    }
}

/// The result of a fused operation: `fused!(Operation { .. }, x, gamma, beta)`, where tensors may be options but the first,
/// whose element type all have.
macro_rules! fused {
    ($operation:expr, $($input:expr),+ $(,)?) => {
        $crate::fused::compute($operation, [$($crate::fused::Argument::into_input($input)),+])
    };
}
pub(crate) use fused;

pub(crate) fn compute<O: Operation<N>, const N: usize, const D: usize>(
    operation: O,
    inputs: [Option<DispatchTensor>; N],
) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as Kernels>::compute::<O, N>(operation, Tensors(inputs.into())))
}

/// Indices below `bound`, on the host.
///
/// # Panics
///
/// Panics, naming the index, if one is not.
pub(crate) fn indices<const D: usize>(tensor: Tensor<D, Int>, bound: usize, what: &str) -> std::sync::Arc<[usize]> {
    let check = |index: i64| match usize::try_from(index) {
        Ok(index) if index < bound => index,
        _ => panic!("{what}: index {index}, but there are {bound}"),
    };
    tensor.into_data().iter::<i64>().map(check).collect()
}

/// Groups, rows of a group, and width of `[groups, .., width]`, where a parameter with `axes` axes has no group axis.
pub(crate) fn rows(x: &[usize], parameter: &[usize], axes: usize) -> (usize, usize, usize) {
    let groups = if parameter.len() > axes { parameter[0] } else { 1 };
    let width = x[x.len() - 1];
    let rows = x[..x.len() - 1].iter().product::<usize>();
    (groups, rows / groups.max(1), width)
}
