//! Types of 16 bits, in which squares and sums of them do not fit.

use burn::tensor::{DType, FloatDType, Tensor};

pub(crate) fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16)
}

/// In f32 if it is of 16 bits.
pub(crate) fn widened<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    if is_half(tensor.dtype()) { tensor.cast(FloatDType::F32) } else { tensor }
}
