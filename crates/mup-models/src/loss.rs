//! Mean cross-entropy from logits.

use burn::tensor::{DType, FloatDType, Int, Tensor};

/// Mean cross-entropy of `[examples, classes]` logits against class indices, in nats.
///
/// Equal to `torch.nn.functional.cross_entropy`. Written as log Σ exp(z) − z_target with the row maximum
/// subtracted from z, which takes fewer passes over the logits under autodiff than a log-softmax. Logits of 16 bits are
/// widened to f32 first, and so is the result: a bf16 has 8 bits for a sum over all classes.
///
/// # Panics
///
/// Panics if the number of targets is not the number of rows, as Burn's losses do.
#[must_use]
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    cross_entropy_each(logits.unsqueeze(), targets.unsqueeze())
}

/// [`cross_entropy`] of each trial: `[trials, examples, classes]` logits against indices `[trials, examples]`, as
/// `[trials]`.
///
/// # Panics
///
/// Panics if the number of targets is not the number of rows.
#[must_use]
pub fn cross_entropy_each(logits: Tensor<3>, targets: Tensor<2, Int>) -> Tensor<1> {
    let [trials, examples, _] = logits.dims();
    assert_eq!(targets.dims(), [trials, examples], "cross_entropy: one target per row of logits");
    let logits = match logits.dtype() {
        DType::F16 | DType::BF16 => logits.cast(FloatDType::F32),
        _ => logits,
    };
    let max = logits.clone().detach().max_dim(2);
    let centered = logits - max;
    let log_sum = centered.clone().exp().sum_dim(2).log();
    let target = centered.gather(2, targets.unsqueeze_dim(2));
    (log_sum - target).mean_dim(1).reshape([trials])
}
