//! Flex: memory comes from the pool.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::TensorData;

use super::host::Host;
use crate::pool::{self, Buffer};
use crate::slices::real::Real;

impl Host for Flex {
    type Room<R: Real> = Buffer<R>;

    fn ordered(tensor: FlexTensor) -> FlexTensor {
        let ordered = tensor.to_contiguous();
        // Only now is the copy, or the tensor itself, in one hand.
        drop(tensor);
        ordered
    }

    fn read<R: Real>(ordered: &FlexTensor) -> &[R] {
        ordered.as_slice().expect("ordered, and of the type that was asked for")
    }

    fn write<R: Real>(ordered: &mut FlexTensor) -> &mut [R] {
        ordered.storage_mut()
    }

    fn room<R: Real>(dims: &[usize]) -> Buffer<R> {
        pool::room(dims.iter().product())
    }

    fn tensor<R: Real>(room: Buffer<R>, dims: &[usize]) -> FlexTensor {
        FlexTensor::from_data(TensorData::from_bytes(room.into_bytes(), dims.to_vec(), R::dtype()))
    }
}
