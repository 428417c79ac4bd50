//! Who looks on: progress bars, logs.

use crate::{RecordSource, StudyRecord, StudyTrial};

/// Sees what happens to the trials of a study, from several threads.
pub trait Watch: Sync {
    /// Trials of the wave at hand: how many, and how many of them have ended before.
    fn wave(&self, _trials: usize, _ended: usize) {}
    /// A trial begins.
    fn begin(&self, _trial: &StudyTrial) {}
    /// A trial has done a step.
    fn step(&self, _trial: &StudyTrial, _step: usize, _loss: f64) {}
    /// What a scheduler does with the trials, in words.
    fn say(&self, _line: &str) {}
    /// A trial has ended, and its record is safe.
    fn end(&self, _record: &StudyRecord, _source: &RecordSource) {}
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Watch for Silent {}
