//! The readout that shares its weight with the token embedding.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::{multiply, untrained};

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
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Table 8: only the multiplier form allows tying, since the shared tensor
/// keeps the embedding's initialization and rate.
#[derive(Module, Debug)]
pub struct TiedReadout {
    /// `[d_model]`, the forward multiplier; not trained.
    pub multiplier: Param<Tensor<1>>,
    pub(crate) alpha_output: f64,
}

impl TiedReadoutConfig {
    /// Builds the layer without allocating its multiplier.
    #[must_use]
    pub fn init(&self, device: &Device) -> TiedReadout {
        TiedReadout { multiplier: untrained(1.0, self.d_model, device), alpha_output: self.alpha_output }
    }
}

impl TiedReadout {
    /// Logits `[.., vocab]` of features `[.., d_model]`, given the embedding's weight `[vocab, d_model]`.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` or of `embedding` is not `d_model`.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>, embedding: Tensor<2>) -> Tensor<D> {
        let columns = multiply(self.multiplier.val(), self.alpha_output).unsqueeze();
        mup_kernels::linear(x, (embedding * columns).transpose(), None::<Tensor<1>>)
    }

    /// A readout without multipliers, and the factors `[d_model]` that its features must be multiplied by instead.
    pub(crate) fn folded(self) -> (Self, Tensor<1>) {
        let [d_model] = self.multiplier.dims();
        let multiplier = untrained(1.0, d_model, &self.multiplier.device());
        let features = multiply(self.multiplier.val(), self.alpha_output);
        (Self { multiplier, alpha_output: 1.0 }, features)
    }
}
