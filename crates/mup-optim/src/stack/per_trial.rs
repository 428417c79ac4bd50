//! One number for each trial.

use std::sync::{Arc, PoisonError, RwLock};

use burn::tensor::Tensor;
use mup_kernels::kept_numbers;

/// One number for each trial, and what it does to a tensor `[trials, ..]`.
#[derive(Clone, Debug)]
pub(super) struct PerTrial(Vec<f64>);

impl PerTrial {
    pub(super) fn new(values: impl IntoIterator<Item = f64>) -> Self {
        Self(values.into_iter().collect())
    }

    pub(super) fn map(&self, of: impl Fn(f64) -> f64) -> Self {
        Self::new(self.0.iter().map(|value| of(*value)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = f64> {
        self.0.iter().copied()
    }

    #[expect(clippy::float_cmp, reason = "only exact equality may be computed otherwise")]
    pub(super) fn all(&self, value: f64) -> bool {
        self.0.iter().all(|each| *each == value)
    }

    pub(super) fn times<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self.shared() {
            Some(value) => x.mul_scalar(value),
            None => self.tensor(&x) * x,
        }
    }

    /// The number, if all trials have the same: an operation with a scalar is cheaper.
    fn shared(&self) -> Option<f64> {
        self.0.first().copied().filter(|first| self.all(*first))
    }

    /// `[trials, 1, ..]`, on the device and with the element type of `like`.
    fn tensor<const D: usize>(&self, like: &Tensor<D>) -> Tensor<D> {
        let mut dims = [1; D];
        dims[0] = self.0.len();
        kept_numbers(&self.0, (&like.device(), like.dtype())).reshape(dims)
    }
}

/// The rates of the step at hand, which every group of parameters reads: Burn hands an optimizer one number only.
#[derive(Clone, Debug)]
pub(super) struct Rates(Arc<RwLock<PerTrial>>);

impl Rates {
    pub(super) fn new(trials: usize) -> Self {
        Self(Arc::new(RwLock::new(PerTrial::new(vec![0.0; trials]))))
    }

    pub(super) fn set(&self, rates: &[f64]) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = PerTrial::new(rates.iter().copied());
    }

    pub(super) fn times(&self, factor: f64) -> PerTrial {
        self.0.read().unwrap_or_else(PoisonError::into_inner).map(|rate| rate * factor)
    }
}
