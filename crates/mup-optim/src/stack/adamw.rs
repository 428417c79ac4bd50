//! AdamW with each trial's hyperparameters.

use burn::optim::{AdamWState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mup_kernels::{Adam, adam_step};

use super::per_trial::Rates;
use crate::{MupAdamWConfig, TensorClass};

/// The update of AdamW with the numbers of each trial; state and checkpoint format are Burn's.
#[derive(Clone, Debug)]
pub(super) struct AdamWStack {
    /// Of each trial, at a rate of 1 and before the first step.
    trials: Vec<Adam>,
    rates: Rates,
}

impl AdamWStack {
    /// For a class of tensors, from the trials' configs and their λ under the plan's convention.
    pub(super) fn new(configs: &[MupAdamWConfig], decays: &[f64], class: &TensorClass, rates: Rates) -> Self {
        let trials = configs.iter().zip(decays).map(|(config, decay)| Adam {
            rate: 1.0,
            beta_1: config.beta_1,
            beta_2: config.beta_2,
            epsilon: config.epsilon * class.epsilon,
            decay: decay * class.weight_decay,
            l2: 0.0,
            time: 0,
        });
        Self { trials: trials.collect(), rates }
    }
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
        let zeros = || Tensor::zeros(tensor.dims(), (&tensor.device(), tensor.dtype()));
        let past = match state {
            Some(state) => state.momentum,
            None => AdaptiveMomentumState::new(0, zeros(), zeros()),
        };
        let time = past.time + 1;
        let rates = self.rates.times(lr);
        let steps: Vec<Adam> =
            self.trials.iter().zip(rates.iter()).map(|(trial, rate)| Adam { rate, time, ..*trial }).collect();
        let (tensor, [moment_1, moment_2]) = adam_step(&steps, tensor, [past.moment_1, past.moment_2], grad);
        (tensor, Some(AdamWState::new(AdaptiveMomentumState::new(time, moment_1, moment_2))))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}
