//! Updates in place, on the backends whose tensors the processor can write.

use burn::backend::tensor::FloatTensor;
use burn::backend::{DispatchDevice, DispatchKindConversion, DispatchTensor, TensorMetadata};
use burn::tensor::{BackendPrimitive, DType, Float, Tensor};

use crate::fused::Host;
use crate::slices::real::Real;

/// What an optimizer does with a weight and its `N − 1` states.
pub(crate) trait Update<const N: usize> {
    fn update<R: Real>(&self, tensors: [&mut [R]; N], gradient: &[R]);
}

/// Whether all of them are where [`in_place`] can update them, with one element type.
pub(crate) fn is_possible<const D: usize>(weight: &Tensor<D>, others: &[&Tensor<D>]) -> bool {
    crate::is_fused(weight) && others.iter().all(|other| other.dtype() == weight.dtype())
}

/// The tensors after the update, in the same memory unless somebody else holds them.
#[allow(deprecated, reason = "Burn deprecates LibTorch, which is offered as long as it has it")]
pub(crate) fn in_place<const N: usize, const D: usize>(
    tensors: [Tensor<D>; N],
    gradient: Tensor<D>,
    update: &impl Update<N>,
) -> [Tensor<D>; N] {
    match gradient.device().as_dispatch() {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => on::<burn::backend::Flex, N, D>(tensors, gradient, update),
        #[cfg(feature = "libtorch")]
        DispatchDevice::LibTorch(_) => on::<burn::backend::LibTorch, N, D>(tensors, gradient, update),
        #[allow(unreachable_patterns, reason = "other backends may be compiled in")]
        other => {
            unreachable!("{other:?} has no fused operations, or is an autodiff device, which optimizers do not see")
        }
    }
}

fn on<B: Host, const N: usize, const D: usize>(
    tensors: [Tensor<D>; N],
    gradient: Tensor<D>,
    update: &impl Update<N>,
) -> [Tensor<D>; N]
where
    Float: BackendPrimitive<B, Primitive = FloatTensor<B>>,
    DispatchTensor: DispatchKindConversion<B>,
{
    let ordered = |tensor: Tensor<D>| {
        B::ordered(tensor.try_into_primitive::<B>().expect("a tensor of this backend, without autodiff"))
    };
    let (mut tensors, gradient) = (tensors.map(ordered), ordered(gradient));
    match gradient.dtype() {
        DType::F32 => update.update::<f32>(tensors.each_mut().map(B::write), B::read(&gradient)),
        _ => update.update::<f64>(tensors.each_mut().map(B::write), B::read(&gradient)),
    }
    tensors.map(Tensor::from_primitive::<B>)
}
