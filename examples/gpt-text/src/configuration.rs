//! The family of models and how all its runs are trained: what proxy and target share.

use mup_data::Order;
use mup_train::Size;

use crate::error::TextError;
use crate::model::{D_FFN, D_HEAD, DEPTH, Model, N_HEAD, WIDTH};

/// Raised whenever the training code changes its numbers, so that neither study nor check is continued across the change.
pub(crate) const TRAINING_VERSION: u32 = 1;

/// AdamW as in the GPT-3 experiment (TP-V App. F.4 takes GPT-3's): β₂ = 0.95, clipping by the global norm at 1.
pub(crate) const BETA_1: f64 = 0.9;
pub(crate) const BETA_2: f64 = 0.95;
pub(crate) const EPSILON: f64 = 1e-8;
/// At base width.
pub const WEIGHT_DECAY: f64 = 0.01;
pub(crate) const MAX_NORM: f64 = 1.0;

/// What proxy and target share: everything but width, steps and hyperparameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// Which decoder.
    pub model: Model,
    /// Width at which µP is the standard parametrization.
    pub base_width: usize,
    /// Width of an attention head; it divides every width, unless a size names the number of heads.
    pub d_head: usize,
    /// Number of blocks.
    pub n_layer: usize,
    /// Length of a training sequence, in tokens.
    pub context: usize,
    /// Sequences in a batch.
    pub batch: usize,
    /// At base width.
    pub weight_decay: f64,
    /// Which windows a step reads.
    pub order: Order,
    /// Number of tokens in the vocabulary.
    pub vocab: usize,
}

impl Configuration {
    /// Whether there is a model of this size.
    pub(crate) fn check(&self, size: &Size) -> Result<(), TextError> {
        let (width, d_head, n_head) = (size[WIDTH], size[D_HEAD], size.get(N_HEAD).ok());
        let counts = [
            ("--d-head", d_head),
            ("--n-layer", size[DEPTH]),
            ("--context", self.context),
            ("--batch", self.batch),
            ("--n-head", n_head.unwrap_or(1)),
            ("--d-ffn", size.get(D_FFN).unwrap_or(1)),
        ];
        if let Some((option, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(TextError::Zero { option });
        }
        let is_even = width > 0 && width.is_multiple_of(2);
        match n_head {
            None if !is_even || !width.is_multiple_of(d_head) => Err(TextError::Width { width, d_head }),
            Some(_) if !is_even => Err(TextError::OddWidth { width }),
            _ => Ok(()),
        }
    }
}
