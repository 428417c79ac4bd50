//! AdamW with each trial's hyperparameters.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mup_kernels::{Adam, adam_step};

use super::per_trial::Rates;
use crate::adam::{FusedAdam, Moments, moments};
use crate::memory::Memory;

/// The update of each trial with its own numbers; state and checkpoint format are Burn's.
#[derive(Clone, Debug)]
pub(super) struct AdamWStack {
    pub(super) trials: Vec<FusedAdam>,
    pub(super) rates: Rates,
}

impl Optimizer for AdamWStack {
    type State<const D: usize> = Moments<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let ((time, moments), rates) = (moments(state, &tensor), self.rates.times(lr));
        let steps: Vec<Adam> = self.trials.iter().zip(rates.iter()).map(|(trial, rate)| trial.at(rate, time)).collect();
        let (tensor, moments) = adam_step(&steps, tensor, moments, grad);
        (tensor, Some(Memory::new(time, moments.map(Some))))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.moved_to(device)
    }
}
