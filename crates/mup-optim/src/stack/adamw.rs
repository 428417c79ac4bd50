//! AdamW with each trial's hyperparameters.

use burn::optim::{AdamWState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mup_kernels::{Adam, adam_step};

use super::per_trial::Rates;
use crate::fused_adam::{FusedAdam, moments};

/// The update of each trial with its own numbers; state and checkpoint format are Burn's.
#[derive(Clone, Debug)]
pub(super) struct AdamWStack {
    pub(super) trials: Vec<FusedAdam>,
    pub(super) rates: Rates,
}

impl Optimizer for AdamWStack {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let past = moments(state, &tensor);
        let (time, rates) = (past.time + 1, self.rates.times(lr));
        let steps: Vec<Adam> = self.trials.iter().zip(rates.iter()).map(|(trial, rate)| trial.at(rate, time)).collect();
        let (tensor, [moment_1, moment_2]) = adam_step(&steps, tensor, [past.moment_1, past.moment_2], grad);
        (tensor, Some(AdamWState::new(AdaptiveMomentumState::new(time, moment_1, moment_2))))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}
