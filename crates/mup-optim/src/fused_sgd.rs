//! SGD whose update is one pass over the parameter.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mup_kernels::{Sgd, sgd_step};

use crate::sgd_state::SgdState;

/// The update of Burn's `Sgd` without dampening, with its state: a record of one continues in the other.
#[derive(Clone, Debug)]
pub(crate) struct FusedSgd {
    pub(crate) momentum: f64,
    pub(crate) nesterov: bool,
    pub(crate) l2: f64,
}

impl Optimizer for FusedSgd {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let &Self { momentum, nesterov, l2 } = self;
        let before = state.and_then(|state| state.velocity);
        let zeros = || Tensor::zeros(weight.dims(), (&weight.device(), weight.dtype()));
        let velocity = (momentum > 0.0).then(|| before.unwrap_or_else(zeros));
        let (weight, velocity) = sgd_step(Sgd { rate, momentum, nesterov, l2 }, weight, velocity, gradient);
        (weight, Some(SgdState { velocity }))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        SgdState { velocity: state.velocity.map(|velocity| velocity.to_device(device)) }
    }
}
