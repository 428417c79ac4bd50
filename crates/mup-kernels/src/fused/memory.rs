//! Tensors as slices, and slices that become tensors.

use core::marker::PhantomData;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::DType;

use super::autodiff::Kept;
use super::{Backward, Host, Operation};
use crate::slices::real::Real;

/// A tensor of which maybe only the shape is known, or that is absent.
#[derive(Debug)]
pub(super) struct Shaped<B: Backend> {
    tensor: Option<FloatTensor<B>>,
    dims: Option<Vec<usize>>,
}

impl<B: Backend> Clone for Shaped<B> {
    fn clone(&self) -> Self {
        Self { tensor: self.tensor.clone(), dims: self.dims.clone() }
    }
}

impl<B: Backend> Shaped<B> {
    pub(super) fn new(tensor: Option<FloatTensor<B>>, kept: bool) -> Self {
        let dims = tensor.as_ref().map(|tensor| tensor.shape().to_vec());
        Self { tensor: tensor.filter(|_| kept), dims }
    }
}

/// An input of an operation: its shape, and its elements in order, which are copied if they are not.
pub(crate) struct Input<H: Host, R> {
    ordered: Option<FloatTensor<H>>,
    dims: Option<Vec<usize>>,
    real: PhantomData<R>,
}

impl<H: Host, R: Real> Input<H, R> {
    fn of(tensor: Option<FloatTensor<H>>) -> Self {
        Self::shaped(Shaped::new(tensor, true))
    }

    fn shaped(Shaped { tensor, dims }: Shaped<H>) -> Self {
        Self { ordered: tensor.map(H::ordered), dims, real: PhantomData }
    }

    pub(crate) fn is_present(&self) -> bool {
        self.dims.is_some()
    }

    /// The shape; no axes if it is absent.
    pub(crate) fn dims(&self) -> &[usize] {
        self.dims.as_deref().unwrap_or_default()
    }

    /// The last size of the shape.
    pub(crate) fn width(&self) -> usize {
        self.dims().last().copied().unwrap_or(0)
    }

    /// Empty if it is absent.
    pub(crate) fn get(&self) -> &[R] {
        self.ordered.as_ref().map_or(&[], H::read)
    }

    pub(crate) fn present(&self) -> Option<&[R]> {
        self.ordered.as_ref().map(H::read)
    }

    /// In its own memory if nobody else uses it.
    pub(crate) fn write(&mut self) -> &mut [R] {
        self.ordered.as_mut().map_or(&mut [], H::write)
    }

    /// Room for a gradient of it, with unspecified contents.
    pub(crate) fn room(&self) -> Output<H, R> {
        Output::new(self.dims())
    }

    /// Zeros for a gradient of it that is summed up.
    pub(crate) fn zeros(&self) -> Output<H, R> {
        Output::zeros(self.dims())
    }

    /// A gradient that is the tensor itself.
    pub(crate) fn into_output(self) -> Option<Output<H, R>> {
        Some(Output(Memory::Tensor(self.ordered?)))
    }
}

/// A tensor of the given shape, while it is computed.
pub(crate) struct Output<H: Host, R: Real>(Memory<H, R>);

enum Memory<H: Host, R: Real> {
    Room(H::Room<R>, Vec<usize>),
    Tensor(FloatTensor<H>),
}

impl<H: Host, R: Real> Output<H, R> {
    /// With unspecified contents.
    pub(crate) fn new(dims: &[usize]) -> Self {
        // An absent tensor has no axes, and its gradient no elements.
        let dims = if dims.is_empty() { vec![0] } else { dims.to_vec() };
        Self(Memory::Room(H::room(&dims), dims))
    }

    pub(crate) fn zeros(dims: &[usize]) -> Self {
        let mut output = Self::new(dims);
        output.get().fill(R::ZERO);
        output
    }

    pub(crate) fn get(&mut self) -> &mut [R] {
        match &mut self.0 {
            Memory::Room(room, _) => room,
            Memory::Tensor(tensor) => H::write(tensor),
        }
    }

    /// What was computed, to compute with.
    pub(crate) fn into_input(self) -> Input<H, R> {
        Input::of(Some(self.tensor()))
    }

    fn tensor(self) -> FloatTensor<H> {
        match self.0 {
            Memory::Room(room, dims) => H::tensor(room, &dims),
            Memory::Tensor(tensor) => tensor,
        }
    }
}

/// Evaluates the expression with `$real` being the element type.
macro_rules! by_dtype {
    ($dtype:expr, $real:ident => $body:expr) => {
        match $dtype {
            DType::F32 => {
                type $real = f32;
                $body
            }
            DType::F64 => {
                type $real = f64;
                $body
            }
            other => unreachable!("fused operations are not chosen for {other:?}"),
        }
    };
}

/// What a forward pass gives.
pub(super) struct Passed<B: Backend> {
    pub(super) output: FloatTensor<B>,
    pub(super) saved: Vec<FloatTensor<B>>,
}

pub(super) fn forward<H: Host, O: Operation<N>, const N: usize>(
    operation: &O,
    inputs: &[Option<FloatTensor<H>>],
) -> Passed<H> {
    by_dtype!(inputs[0].as_ref().expect("the first input").dtype(), R => {
        let inputs: [Input<H, R>; N] = core::array::from_fn(|i| Input::of(inputs[i].clone()));
        let (output, saved) = operation.forward(&inputs);
        Passed { output: output.tensor(), saved: saved.into_iter().map(Output::tensor).collect() }
    })
}

pub(super) fn backward<H: Host, O: Operation<N>, const N: usize>(
    Kept { operation, inputs, saved }: Kept<H, O, N>,
    gradient: FloatTensor<H>,
    wanted: [bool; N],
) -> [Option<FloatTensor<H>>; N] {
    by_dtype!(gradient.dtype(), R => {
        let pass = Backward {
            gradient: Input::<H, R>::of(Some(gradient)),
            inputs: inputs.map(Input::shaped),
            saved: saved.into_iter().map(|saved| Input::of(Some(saved))).collect(),
            wanted,
        };
        operation.backward(pass).map(|gradient| gradient.map(Output::tensor))
    })
}
