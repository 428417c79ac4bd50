//! The family of models and how all its runs are trained: what proxy and target share.

use mup_data::Order;

use crate::error::TextError;
use crate::model::Model;

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
    /// Width of an attention head; it divides every width.
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
    /// Whether models of these sizes exist, at these widths too.
    pub(crate) fn check(&self, widths: &[usize]) -> Result<(), TextError> {
        let counts = [
            ("--d-head", self.d_head),
            ("--n-layer", self.n_layer),
            ("--context", self.context),
            ("--batch", self.batch),
        ];
        if let Some((option, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(TextError::Zero { option });
        }
        for &width in [self.base_width].iter().chain(widths) {
            let d_head = self.d_head;
            if width == 0 || width % d_head != 0 || width % 2 != 0 {
                return Err(TextError::Width { width, d_head });
            }
        }
        Ok(())
    }
}
