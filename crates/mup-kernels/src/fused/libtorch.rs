//! LibTorch on the processor: memory is PyTorch's.
#![allow(unsafe_code)]
#![allow(deprecated, reason = "Burn deprecates LibTorch, which is offered as long as it has it")]

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use burn::backend::LibTorch;
use burn::backend::libtorch::TchTensor;
use burn::tensor::DType;

use super::host::Host;
use crate::slices::real::Real;

/// A tensor that nobody else holds yet.
pub(crate) struct Room<R> {
    tensor: TchTensor,
    count: usize,
    real: PhantomData<R>,
}

// SAFETY: Burn declares its tensors to be `Send`; this one is not shared.
unsafe impl<R: Send> Send for Room<R> {}

impl<R: Real> Deref for Room<R> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        // SAFETY: a contiguous tensor on the processor with `count` elements of this type, alive as long as `self`. Memory that
        // comes from foreign code holds some numbers, though nobody says which.
        unsafe { slice(&self.tensor, self.count) }
    }
}

impl<R: Real> DerefMut for Room<R> {
    fn deref_mut(&mut self) -> &mut [R] {
        // SAFETY: as above, and borrowed mutably.
        unsafe { slice_mut(&mut self.tensor, self.count) }
    }
}

/// # Safety
///
/// The tensor is contiguous, on the processor, and has that many elements of that type.
unsafe fn slice<R: Real>(tensor: &TchTensor, count: usize) -> &[R] {
    if count == 0 {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { core::slice::from_raw_parts(tensor.tensor.data_ptr().cast(), count) }
}

/// # Safety
///
/// As [`slice`], and nobody else uses its memory.
unsafe fn slice_mut<R: Real>(tensor: &mut TchTensor, count: usize) -> &mut [R] {
    if count == 0 {
        return &mut [];
    }
    // SAFETY: promised by the caller.
    unsafe { core::slice::from_raw_parts_mut(tensor.tensor.data_ptr().cast(), count) }
}

fn kind<R: Real>() -> tch::Kind {
    if R::dtype() == DType::F64 { tch::Kind::Double } else { tch::Kind::Float }
}

fn check<R: Real>(tensor: &TchTensor) {
    let right = tensor.tensor.kind() == kind::<R>() && tensor.tensor.device() == tch::Device::Cpu;
    assert!(right && tensor.tensor.is_contiguous(), "ordered, on the processor, and of the type that was asked for");
}

impl Host for LibTorch {
    type Room<R: Real> = Room<R>;

    fn ordered(tensor: TchTensor) -> TchTensor {
        if tensor.tensor.is_contiguous() {
            return tensor;
        }
        TchTensor::new(tensor.tensor.contiguous())
    }

    fn read<R: Real>(ordered: &TchTensor) -> &[R] {
        check::<R>(ordered);
        // SAFETY: checked just now.
        unsafe { slice(ordered, ordered.tensor.numel()) }
    }

    fn write<R: Real>(ordered: &mut TchTensor) -> &mut [R] {
        check::<R>(ordered);
        if !ordered.can_mut() {
            *ordered = TchTensor::new(ordered.tensor.copy());
        }
        let count = ordered.tensor.numel();
        // SAFETY: checked just now, and the storage is in one hand.
        unsafe { slice_mut(ordered, count) }
    }

    fn room<R: Real>(dims: &[usize]) -> Room<R> {
        let sizes: Vec<i64> = dims.iter().map(|size| *size as i64).collect();
        let tensor = TchTensor::new(tch::Tensor::empty(sizes, (kind::<R>(), tch::Device::Cpu)));
        Room { tensor, count: dims.iter().product(), real: PhantomData }
    }

    fn tensor<R: Real>(room: Room<R>, _: &[usize]) -> TchTensor {
        room.tensor
    }
}
