//! What an observer of a run sees.

use std::path::PathBuf;

use serde::Serialize;

use crate::Evaluation;

/// Something that happened in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A step was taken.
    Step(StepReport),
    /// The model was evaluated.
    Evaluated(Evaluation),
    /// The run has diverged, and ends.
    NotFinite {
        /// Updates that the model had seen.
        step: usize,
        /// The loss of that step, if it was computed.
        loss: Option<f64>,
    },
    /// A checkpoint is on disk.
    Saved {
        /// Its folder.
        path: PathBuf,
    },
    /// The run continues from a checkpoint.
    Resumed {
        /// Its folder.
        path: PathBuf,
    },
    /// Something is not as it should be, and the run goes on.
    Warning(String),
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StepReport {
    /// The step, counted from 0.
    pub step: usize,
    /// Steps of the run.
    #[serde(skip)]
    pub steps: usize,
    /// Training loss.
    pub loss: f64,
    /// Learning rate.
    pub rate: f64,
    /// Global norm of the gradients, before clipping.
    pub gradient_norm: f64,
    /// Tokens trained on so far, this step included.
    pub tokens: u64,
    /// Tokens of this step by its duration.
    pub tokens_per_second: f64,
}
