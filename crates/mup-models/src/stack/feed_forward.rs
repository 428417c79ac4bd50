//! K feed-forward branches.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::trials::{LinearStack, closing, each, each_optional, stack};
use crate::FeedForward;

/// down(gelu(up(x))) for every trial.
#[derive(Module, Debug)]
pub(super) struct FeedForwardStack {
    up: LinearStack,
    down: LinearStack,
    /// `[trials, 1]`; not trained.
    branch_factor: Option<Param<Tensor<2>>>,
}

impl FeedForwardStack {
    pub(super) fn new(branches: &[&FeedForward]) -> Self {
        let branch_factor = each_optional(branches, |branch| branch.branch_factor.as_ref());
        Self {
            up: LinearStack::new(&each(branches, |branch| &branch.up)),
            down: LinearStack::new(&each(branches, |branch| &branch.down)),
            branch_factor: branch_factor.map(|factors| stack(&factors)),
        }
    }

    /// The branch's output, added to the residual stream; `[trials, batch, time, d_model]`.
    pub(super) fn forward_residual(&self, x: Tensor<4>, residual: Tensor<4>) -> Tensor<4> {
        let (weight, bias) = self.up.values();
        let hidden = mup_kernels::linear_gelu(x, weight, bias);
        let (weight, bias) = closing(&self.down, self.branch_factor.as_ref());
        mup_kernels::linear_residual(hidden, weight, bias, residual)
    }
}
