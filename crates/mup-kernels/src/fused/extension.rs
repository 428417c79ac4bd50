//! Registration with Burn: the one function by which a tensor of any backend finds the fused operations.
#![allow(deprecated, reason = "Burn deprecates LibTorch, which is offered as long as it has it")]

use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Backend, BackendTensor, Dispatch, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind, ExtensionType,
    backend_extension,
};

use super::memory::{Passed, forward};
use super::{Host, Operation};

/// The inputs of an operation.
pub(crate) struct Tensors<B: Backend>(pub(crate) Vec<Option<FloatTensor<B>>>);

#[backend_extension(Flex: cfg(feature = "flex"), LibTorch: cfg(feature = "libtorch"), Autodiff)]
pub(crate) trait Kernels: Backend {
    fn compute<O: Operation<N>, const N: usize>(
        operation: O,
        #[extension_type] inputs: Tensors<Self>,
    ) -> FloatTensor<Self>;
}

/// Without gradients nothing is saved.
fn compute<B: Host, O: Operation<N>, const N: usize>(operation: &O, Tensors(inputs): Tensors<B>) -> FloatTensor<B> {
    let Passed { output, .. } = forward::<B, O, N>(operation, &inputs);
    output
}

#[cfg(feature = "flex")]
impl Kernels for burn::backend::Flex {
    fn compute<O: Operation<N>, const N: usize>(operation: O, inputs: Tensors<Self>) -> FloatTensor<Self> {
        compute::<Self, O, N>(&operation, inputs)
    }
}

#[cfg(feature = "libtorch")]
impl Kernels for burn::backend::LibTorch {
    fn compute<O: Operation<N>, const N: usize>(operation: O, inputs: Tensors<Self>) -> FloatTensor<Self> {
        compute::<Self, O, N>(&operation, inputs)
    }
}

/// Burn derives this for structs whose fields are tensors, not for a list of them.
impl<B: Backend> ExtensionType<B> for Tensors<B> {
    type Target = Tensors<Dispatch>;

    fn map_to_dispatch<F>(self, map_kind: F, autodiff: DispatchAutodiffContext) -> Self::Target
    where
        F: Fn(BackendTensor<B>) -> DispatchTensorKind,
    {
        let map = |tensor| DispatchTensor { kind: map_kind(BackendTensor::Float(tensor)), autodiff };
        Tensors(self.0.into_iter().map(|tensor| tensor.map(map)).collect())
    }

    fn map_from_dispatch<F>(target: Self::Target, unwrap_kind: F) -> Self
    where
        F: Fn(DispatchTensor) -> BackendTensor<B>,
    {
        Self(target.0.into_iter().map(|tensor| tensor.map(|tensor| unwrap_kind(tensor).float())).collect())
    }

    fn routing_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        target.0.iter().flatten().next()
    }

    fn routing_float_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        Self::routing_tensor(target)
    }

    fn autodiff_context(target: &Self::Target) -> DispatchAutodiffContext {
        let contexts = target.0.iter().flatten().map(|tensor| tensor.autodiff);
        contexts.fold(DispatchAutodiffContext::Disabled, DispatchAutodiffContext::merge)
    }
}
