//! AdamW with each trial's hyperparameters.

use burn::optim::{AdaptiveMomentumState, AdamWState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

use super::per_trial::{PerTrial, Rates};
use crate::{MupAdamWConfig, TensorClass};

/// The update of Burn's `AdamW`, in the same order of operations, with one number for each trial instead of one for all;
/// state and checkpoint format are Burn's.
#[derive(Clone, Debug)]
pub(super) struct AdamWStack {
    beta_1: PerTrial,
    beta_2: PerTrial,
    epsilon: PerTrial,
    decay: PerTrial,
    rates: Rates,
}

impl AdamWStack {
    /// For a class of tensors, from the trials' configs and their λ under the plan's convention.
    pub(super) fn new(configs: &[MupAdamWConfig], decays: &[f64], class: &TensorClass, rates: Rates) -> Self {
        // Burn keeps these as f32, and so must the trials.
        let single = |value: f64| f64::from(value as f32);
        Self {
            beta_1: PerTrial::new(configs.iter().map(|config| single(config.beta_1))),
            beta_2: PerTrial::new(configs.iter().map(|config| single(config.beta_2))),
            epsilon: PerTrial::new(configs.iter().map(|config| single(config.epsilon * class.epsilon))),
            decay: PerTrial::new(decays.iter().map(|decay| single(decay * class.weight_decay))),
            rates,
        }
    }
}

/// 1 − β, in f32.
fn complement(beta: f64) -> f64 {
    f64::from(1.0 - beta as f32)
}

/// 1 − βᵗ, in f32.
fn correction(beta: &PerTrial, time: usize) -> PerTrial {
    beta.map(|beta| f64::from(1.0 - (beta as f32).powi(time as i32)))
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
        let new_1 = self.beta_1.map(complement).times(grad.clone());
        let new_2 = self.beta_2.map(complement).times(grad.square());
        let (time, moment_1, moment_2) = match state.map(|state| state.momentum) {
            Some(past) => {
                let moment_1 = self.beta_1.times(past.moment_1) + new_1;
                (past.time + 1, moment_1, self.beta_2.times(past.moment_2) + new_2)
            }
            None => (1, new_1, new_2),
        };
        let mean = correction(&self.beta_1, time).divide(moment_1.clone());
        let deviation = correction(&self.beta_2, time).divide(moment_2.clone()).sqrt();
        let rates = self.rates.times(lr);
        let kept = rates.zip(&self.decay, |rate, decay| 1.0 - rate * decay);
        let tensor = if kept.all(1.0) { tensor } else { kept.times(tensor) };
        let tensor = tensor - rates.times(mean / self.epsilon.plus(deviation));
        (tensor, Some(AdamWState::new(AdaptiveMomentumState::new(time, moment_1, moment_2))))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}
