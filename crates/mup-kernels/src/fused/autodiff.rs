//! The operations under autodiff: one node each, whose backward pass is the operation's own.

use core::marker::PhantomData;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{AutodiffBackend, Backend, TensorMetadata};

use super::extension::{Kernels, Tensors};
use super::memory::{Passed, Shaped, backward, forward};
use super::{Host, Operation};

/// The node of an operation.
#[derive(Debug)]
struct Node<O, const N: usize>(PhantomData<O>);

/// What a node keeps from its forward pass.
#[derive(Debug)]
pub(super) struct Kept<B: Backend, O, const N: usize> {
    pub(super) operation: O,
    pub(super) inputs: [Shaped<B>; N],
    /// What the operation saved, then its output if it reads that.
    pub(super) saved: Vec<FloatTensor<B>>,
}

impl<B: Backend, O: Clone, const N: usize> Clone for Kept<B, O, N> {
    fn clone(&self) -> Self {
        Self { operation: self.operation.clone(), inputs: self.inputs.clone(), saved: self.saved.clone() }
    }
}

impl<B: Host, O: Operation<N>, const N: usize> Backward<B, N> for Node<O, N> {
    type State = Kept<B, O, N>;

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let found = backward(ops.state, gradient, wanted);
        for (parent, found) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(found)) = (parent, found) {
                grads.register::<B>(parent.id, found);
            }
        }
    }
}

impl<B: Host, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn compute<O: Operation<N>, const N: usize>(operation: O, inputs: Tensors<Self>) -> FloatTensor<Self> {
        let inputs: [_; N] = inputs.0.try_into().expect("as many inputs as the operation has");
        let present = inputs.each_ref().map(Option::is_some);
        let like = inputs.iter().flatten().next().expect("an input");
        // A node has all of its parents, so an absent tensor is one without elements.
        let (device, dtype) = (like.device(), like.dtype().into());
        let absent = || Self::from_inner(B::float_zeros([0].into(), &device, dtype));
        let mut flows = O::FLOWS.into_iter();
        let inputs = inputs.map(|input| match (input, flows.next()) {
            (Some(input), Some(true)) => input,
            (Some(input), _) => Self::from_inner(input.into_primitive()),
            (None, _) => absent(),
        });
        let guards = inputs.each_ref().map(|input| input.node());
        let mut tensors = Vec::with_capacity(N);
        for (input, present) in inputs.into_iter().zip(present) {
            let tensor = input.into_primitive();
            tensors.push(present.then_some(tensor));
        }
        let Passed { output, saved } = forward::<B, O, N>(&operation, &tensors);
        match Node::<O, N>(PhantomData).prepare::<C>(guards).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let own = O::READS_OUTPUT.then(|| output.clone());
                let saved = saved.into_iter().chain(own).collect();
                let inputs = core::array::from_fn(|i| Shaped::new(tensors[i].take(), O::READ[i]));
                prepared.finish(Kept { operation, inputs, saved }, output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }
}
