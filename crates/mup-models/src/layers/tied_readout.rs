//! The readout that shares its weight with the token embedding.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::{Parameters, multiply};

/// Sizes of a [`TiedReadout`].
#[derive(Config, Debug, PartialEq)]
pub struct TiedReadoutConfig {
    /// Width of the features and of the embedding.
    pub d_model: usize,
    /// Multiplier on the logits, a hyperparameter. Default: 1.
    #[config(default = 1.0)]
    pub alpha_output: f64,
}

/// α_output · (x ⊙ multiplier) Eᵀ, with the embedding's weight E passed in.
///
/// The layer owns no copy of E: cloning a `Param` into two modules silently unties it after the first optimizer step.
/// `V` is the rank of its multiplier: 1, or 2 in a stack of trials.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Table 8: only the multiplier form allows tying, since the shared tensor
/// keeps the embedding's initialization and rate.
#[derive(Module, Debug)]
pub struct TiedReadout<const V: usize = 1> {
    /// `[d_model]`, the forward multiplier; not trained.
    pub multiplier: Param<Tensor<V>>,
    /// Of each trial.
    alpha_output: Vec<f64>,
}

impl TiedReadoutConfig {
    /// Builds the layer without allocating its multiplier.
    #[must_use]
    pub fn init(&self, device: &Device) -> TiedReadout {
        self.build(&Parameters::of_one(device), vec![self.alpha_output])
    }

    pub(crate) fn build<const V: usize>(&self, parameters: &Parameters, alpha_output: Vec<f64>) -> TiedReadout<V> {
        TiedReadout { multiplier: parameters.untrained(1.0, self.d_model), alpha_output }
    }
}

impl<const V: usize> TiedReadout<V> {
    /// Logits `[.., vocab]` of features `[.., d_model]`, given the embedding's weight `[vocab, d_model]`.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` or of `embedding` is not `d_model`.
    #[must_use]
    pub fn forward<const D: usize, const M: usize>(&self, x: Tensor<D>, embedding: Tensor<M>) -> Tensor<D> {
        let columns: Tensor<M> = self.features().unsqueeze_dim(V - 1);
        mup_kernels::linear(x, (embedding * columns).transpose(), None::<Tensor<V>>)
    }

    fn features(&self) -> Tensor<V> {
        multiply(self.multiplier.val(), &self.alpha_output)
    }

    /// A readout without multipliers, and the factors `[d_model]` that its features must be multiplied by instead.
    pub(crate) fn folded(self) -> (Self, Tensor<V>) {
        let (features, ones) = (self.features(), vec![1.0; self.alpha_output.len()]);
        (Self { multiplier: self.multiplier.map(|multiplier| multiplier.ones_like()), alpha_output: ones }, features)
    }
}
