//! Mean cross-entropy from logits.

use burn::tensor::{DType, FloatDType, Int, Tensor};

/// Mean cross-entropy of `[examples, classes]` logits against class indices, in nats.
///
/// Equal to `torch.nn.functional.cross_entropy`; in f32 also where the logits are of 16 bits.
///
/// # Panics
///
/// Panics if the number of targets is not the number of rows, or if a target is not a class.
#[must_use]
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    mup_kernels::cross_entropy(widened(logits), targets)
}

/// Logits of 16 bits in f32: a bf16 has 8 bits, too few for a sum over all classes or for a loss to be told from the last.
pub(crate) fn widened<const D: usize>(logits: Tensor<D>) -> Tensor<D> {
    match logits.dtype() {
        DType::F16 | DType::BF16 => logits.cast(FloatDType::F32),
        _ => logits,
    }
}
