//! SGD with each trial's hyperparameters.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

use super::per_trial::{PerTrial, Rates};
use crate::MupSgdConfig;
use crate::memory::Memory;
use crate::sgd::Velocity;

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
    /// From the trials' configs, which agree on `nesterov`, and their λ for a tensor.
    pub(super) fn new(configs: &[MupSgdConfig], penalties: impl IntoIterator<Item = f64>, rates: Rates) -> Self {
        Self {
            momentum: PerTrial::new(configs.iter().map(|config| config.momentum)),
            nesterov: configs.iter().any(|config| config.nesterov),
            penalty: PerTrial::new(penalties),
            rates,
        }
    }
}

impl Optimizer for SgdStack {
    type State<const D: usize> = Velocity<D>;

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
        let (time, [past]) = Memory::before(state);
        let mut velocity = None;
        if !self.momentum.all(0.0) {
            let new = match past {
                Some(past) => grad.clone() + self.momentum.times(past),
                None => grad.clone(),
            };
            grad = if self.nesterov { self.momentum.times(new.clone()) + grad } else { new.clone() };
            velocity = Some(new);
        }
        (tensor - self.rates.times(lr).times(grad), Some(Memory::new(time, [velocity])))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.moved_to(device)
    }
}
