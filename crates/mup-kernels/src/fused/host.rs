//! Backends whose tensors the processor can read and write.

use core::ops::{Deref, DerefMut};

use burn::backend::Backend;
use burn::backend::tensor::FloatTensor;

use crate::slices::real::Real;

/// A backend whose tensors become slices and back.
pub(crate) trait Host: Backend {
    /// Memory for a tensor that is being computed.
    type Room<R: Real>: Deref<Target = [R]> + DerefMut + Send;

    /// The same elements in order, without gaps, from the beginning of the memory.
    fn ordered(tensor: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The elements of an ordered tensor.
    fn read<R: Real>(ordered: &FloatTensor<Self>) -> &[R];

    /// The elements of an ordered tensor, which is copied first if somebody else holds it.
    fn write<R: Real>(ordered: &mut FloatTensor<Self>) -> &mut [R];

    /// Room for a tensor; what is in it is not specified.
    fn room<R: Real>(dims: &[usize]) -> Self::Room<R>;

    fn tensor<R: Real>(room: Self::Room<R>, dims: &[usize]) -> FloatTensor<Self>;
}
