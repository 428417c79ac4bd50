//! K feed-forward branches.

use burn::module::Module;
use burn::tensor::{Tensor, activation::gelu};

use super::linear::LinearStack;
use super::trials::each;
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

    /// `[trials, rows, d_model]` to the same shape.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.down.forward(gelu(self.up.forward(x)))
    }
}
