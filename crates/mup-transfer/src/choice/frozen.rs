//! Samples whose losses stopped at one number: what trainers log that hide NaN, clip, pad or round.

use mup_study::Values;
use serde::{Deserialize, Serialize};

/// A sample whose training loss stopped at one number, to the last bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrozenLoss {
    /// Number of the sample.
    pub sample: usize,
    /// Horizon.
    pub steps: usize,
    /// Its learning rate; all values that vary if there is none.
    pub values: Values,
    /// The number.
    pub loss: f64,
    /// The first step that reported it to the end.
    pub from: usize,
    /// What it would have been judged by.
    pub judged: f64,
}
