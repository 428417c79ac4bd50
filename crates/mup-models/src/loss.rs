//! Mean cross-entropy from logits.

use burn::tensor::{Int, Tensor};

/// Mean cross-entropy of `[examples, classes]` logits against class indices, in nats.
///
/// Equal to `torch.nn.functional.cross_entropy`.
///
/// # Panics
///
/// Panics if the number of targets is not the number of rows, or if a target is not a class.
#[must_use]
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    mup_kernels::cross_entropy(logits, targets)
}
