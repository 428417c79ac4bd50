//! `state.json`: where the run stood, and which run it was.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Evaluation;

/// Changed whenever an older program would misread a checkpoint.
pub(super) const VERSION: u64 = 1;

pub(super) const MODEL: &str = "model.bpk";
pub(super) const OPTIMIZER: &str = "optimizer.bpk";
/// One f64 a step, little-endian.
pub(super) const LOSSES: &str = "losses.f64";
pub(super) const STATE: &str = "state.json";
/// Digests of all other files, as `sha256sum` writes and checks them.
pub(super) const SUMS: &str = "SHA256SUMS";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) version: u64,
    /// Updates that the model has seen: the next step.
    pub(super) step: usize,
    pub(super) evaluations: Vec<Evaluation>,
    /// Spent so far, in all processes; absent in checkpoints from before it was counted.
    #[serde(default)]
    pub(super) seconds: f64,
    /// As the run was set when it was written; absent in older checkpoints.
    #[serde(default)]
    pub(super) keep_last: Option<usize>,
    pub(super) identity: Value,
}

/// Read before anything else, so that another version is named as such, whatever else it contains.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) version: u64,
}

pub(super) fn losses_to_bytes(losses: &[f64]) -> Vec<u8> {
    losses.iter().flat_map(|loss| loss.to_le_bytes()).collect()
}

pub(super) fn losses_from_bytes(bytes: &[u8]) -> Vec<f64> {
    let (chunks, _) = bytes.as_chunks::<8>();
    chunks.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect()
}
