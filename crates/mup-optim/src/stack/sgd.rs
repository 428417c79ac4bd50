//! SGD with each trial's hyperparameters.

use burn::optim::{LearningRate, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};

use super::per_trial::{PerTrial, Rates};
use crate::{MupSgdConfig, TensorClass};

/// The update of Burn's `Sgd`, with one number for each trial instead of one for all. Without momentum, a trial beside
/// others that have it keeps its own gradient as the velocity, which is the same update.
#[derive(Clone, Debug)]
pub(super) struct SgdStack {
    momentum: PerTrial,
    nesterov: bool,
    penalty: PerTrial,
    rates: Rates,
}

impl SgdStack {
    /// For a class of tensors, from the trials' configs, which agree on `nesterov`, and their λ under the plan's
    /// convention.
    pub(super) fn new(configs: &[MupSgdConfig], decays: &[f64], class: &TensorClass, rates: Rates) -> Self {
        // Burn keeps these as f32, and so must the trials.
        let single = |value: f64| f64::from(value as f32);
        Self {
            momentum: PerTrial::new(configs.iter().map(|config| single(config.momentum))),
            nesterov: configs.iter().any(|config| config.nesterov),
            penalty: PerTrial::new(decays.iter().map(|decay| single(decay * class.weight_decay))),
            rates,
        }
    }
}

/// The velocity, if any trial has momentum. The record is that of Burn's `SgdState`, which shows its velocity to nobody.
#[derive(Clone, Debug)]
pub(super) struct SgdStackState<const D: usize> {
    velocity: Option<Tensor<D>>,
}

impl<const D: usize> RecordState for SgdStackState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        if let Some(velocity) = &self.velocity {
            out.push_tensor(prefix, "momentum.velocity", velocity.clone().into_data());
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let velocity = source.take_tensor(prefix, "momentum.velocity");
        Some(Self { velocity: velocity.map(|velocity| Tensor::from_data(velocity, device)) })
    }
}

impl Optimizer for SgdStack {
    type State<const D: usize> = SgdStackState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        mut grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        if !self.penalty.all(0.0) {
            grad = self.penalty.times(tensor.clone()) + grad;
        }
        let mut velocity = None;
        if !self.momentum.all(0.0) {
            let new = match state.and_then(|state| state.velocity) {
                Some(past) => grad.clone() + self.momentum.times(past),
                None => grad.clone(),
            };
            grad = if self.nesterov { self.momentum.times(new.clone()) + grad } else { new.clone() };
            velocity = Some(new);
        }
        (tensor - self.rates.times(lr).times(grad), Some(SgdStackState { velocity }))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        SgdStackState { velocity: state.velocity.map(|velocity| velocity.to_device(device)) }
    }
}
