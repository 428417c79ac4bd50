//! Adam and AdamW whose update is one pass over the parameter.

use burn::optim::{AdamWState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mup_kernels::{Adam, adam_step};

/// The update of Burn's `Adam` and `AdamW`, with their state: a record of one continues in the other.
#[derive(Clone, Debug)]
pub(crate) struct FusedAdam {
    pub(crate) beta_1: f64,
    pub(crate) beta_2: f64,
    pub(crate) epsilon: f64,
    /// Decoupled.
    pub(crate) decay: f64,
    /// Coupled.
    pub(crate) l2: f64,
}

impl FusedAdam {
    /// The numbers of step `time`, from 1.
    pub(crate) fn at(&self, rate: LearningRate, time: usize) -> Adam {
        let &Self { beta_1, beta_2, epsilon, decay, l2 } = self;
        Adam { rate, beta_1, beta_2, epsilon, decay, l2, time }
    }
}

/// The moments before the first step of a tensor, or those of its state.
pub(crate) fn moments<const D: usize>(state: Option<AdamWState<D>>, weight: &Tensor<D>) -> AdaptiveMomentumState<D> {
    let zeros = || Tensor::zeros(weight.dims(), (&weight.device(), weight.dtype()));
    state.map_or_else(|| AdaptiveMomentumState::new(0, zeros(), zeros()), |state| state.momentum)
}

impl Optimizer for FusedAdam {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let before = moments(state, &weight);
        let time = before.time + 1;
        let moments = [before.moment_1, before.moment_2];
        let (weight, [first, second]) = adam_step(&[self.at(rate, time)], weight, moments, gradient);
        (weight, Some(AdamWState::new(AdaptiveMomentumState::new(time, first, second))))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}
