//! K feed-forward branches.

use burn::module::Module;
use burn::tensor::Tensor;

use super::trials::{LinearStack, each};
use crate::FeedForward;

/// down(gelu(up(x))) for every trial.
#[derive(Module, Debug)]
pub(super) struct FeedForwardStack {
    up: LinearStack,
    down: LinearStack,
}

impl FeedForwardStack {
    pub(super) fn new(branches: &[&FeedForward]) -> Self {
        Self {
            up: LinearStack::new(&each(branches, |branch| &branch.up)),
            down: LinearStack::new(&each(branches, |branch| &branch.down)),
        }
    }

    /// The branch's output, added to the residual stream; `[trials, batch, time, d_model]`.
    pub(super) fn forward_residual(&self, x: Tensor<4>, residual: Tensor<4>) -> Tensor<4> {
        let (weight, bias) = self.up.values();
        let hidden = mup_kernels::linear_gelu(x, weight, bias);
        let (weight, bias) = self.down.values();
        mup_kernels::linear_residual(hidden, weight, bias, residual)
    }
}
