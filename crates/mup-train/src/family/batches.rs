//! The batches and losses of a family, as a task of the loop.

use burn::tensor::{Device, Tensor};
use mup_probe::NoProbe;

use super::{Family, FamilyError};
use crate::{MicroBatch, Task};

/// A [`Family`]'s data under one seed: the [`Task`] that its models are trained on.
#[derive(Clone, Debug)]
pub struct Batches<'a, F> {
    family: &'a F,
    seed: u64,
    device: Device,
}

impl<'a, F: Family> Batches<'a, F> {
    /// The batches of a seed, on a device without autodiff.
    #[must_use]
    pub fn new(family: &'a F, seed: u64, device: &Device) -> Self {
        Self { family, seed, device: device.clone() }
    }
}

impl<F: Family> Task<F::Model> for Batches<'_, F> {
    fn loss(&self, model: &F::Model, part: MicroBatch) -> Result<Tensor<1>, FamilyError> {
        let batch = self.family.batch(self.seed, part, &self.device.clone().autodiff())?;
        self.family.loss(model, &batch, &mut NoProbe)
    }

    fn evaluate(&self, model: &F::Model) -> Result<Option<f64>, FamilyError> {
        self.family.evaluate(model, &self.device)
    }

    fn tokens_per_step(&self) -> u64 {
        self.family.tokens_per_step()
    }

    fn fingerprint(&self) -> String {
        format!("{}, seed {}", self.family.fingerprint(), self.seed)
    }
}
