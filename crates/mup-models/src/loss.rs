//! Mean cross-entropy from logits.

use burn::tensor::{Int, Tensor};

/// Mean cross-entropy of `[examples, classes]` logits against class indices, in nats.
///
/// Equal to `torch.nn.functional.cross_entropy`. Written as log Σ exp(z) − z_target with the row maximum
/// subtracted from z, which takes fewer passes over the logits under autodiff than a log-softmax.
///
/// # Panics
///
/// Panics if the number of targets is not the number of rows, as Burn's losses do.
#[must_use]
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [examples, _] = logits.dims();
    assert_eq!(targets.dims(), [examples], "cross_entropy: one target per row of logits");
    let max = logits.clone().detach().max_dim(1);
    let centered = logits - max;
    let log_sum = centered.clone().exp().sum_dim(1).log();
    let target = centered.gather(1, targets.reshape([examples, 1]));
    (log_sum - target).mean()
}
