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

impl Optimizer for FusedAdam {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let zeros = || Tensor::zeros(weight.dims(), (&weight.device(), weight.dtype()));
        let before = match state {
            Some(state) => state.momentum,
            None => AdaptiveMomentumState::new(0, zeros(), zeros()),
        };
        let time = before.time + 1;
        let &Self { beta_1, beta_2, epsilon, decay, l2 } = self;
        let step = Adam { rate, beta_1, beta_2, epsilon, decay, l2, time };
        let (weight, [first, second]) = adam_step(&[step], weight, [before.moment_1, before.moment_2], gradient);
        (weight, Some(AdamWState::new(AdaptiveMomentumState::new(time, first, second))))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}
