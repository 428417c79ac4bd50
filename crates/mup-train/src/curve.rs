//! What a run leaves behind.

use serde::{Deserialize, Serialize};

/// The numbers of a run. Step s, everywhere in this crate, is about the model after s updates.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Training loss of each step; the last one may be NaN or infinite.
    pub losses: Vec<f64>,
    /// Validation losses.
    pub evaluations: Vec<Evaluation>,
    /// Tokens trained on, those of a step that diverged included.
    pub tokens: u64,
    /// Why the run ended.
    pub ended: Ended,
}

/// A validation loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Updates that the model had seen.
    pub step: usize,
    /// Its validation loss; not a finite number in a file is `null`, which reads as NaN.
    #[serde(deserialize_with = "nan_for_null")]
    pub loss: f64,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// All steps are done.
    Finished,
    /// The loss or the gradient norm of this step, or a weight that it would have written to a checkpoint, is NaN or
    /// infinite.
    NotFinite {
        /// Updates that the model had seen.
        step: usize,
    },
    /// It was asked to stop, and can be continued from its last checkpoint.
    Interrupted,
}

/// A trained model and its curve.
#[derive(Debug)]
pub struct Trained<M> {
    /// The model after the last update, still on its autodiff device.
    pub model: M,
    /// Its numbers.
    pub curve: Curve,
    /// Wall-clock seconds of all processes that worked on it. What a killed one did after its last checkpoint is not
    /// known, and not counted.
    pub seconds: f64,
}

fn nan_for_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
