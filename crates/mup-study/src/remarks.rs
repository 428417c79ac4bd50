//! What is worth knowing of a trial whatever became of it.

use crate::{StudyRecord, rounded};

impl StudyRecord {
    /// What its program reported that does not fit what it was asked for, or cannot be a loss, in sentences.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let asked = self.trial.steps;
        let beyond = self.curve.steps_beyond(asked).map(|reported| {
            format!("reported {reported} steps where {asked} were asked for: does the program read MUP_STEPS?")
        });
        let stopped = self.stopped_loss().map(|stopped| {
            format!("reported a training loss that stops at {}, to the last bit: is NaN hidden?", rounded(stopped.loss))
        });
        beyond.into_iter().chain(stopped).chain(self.curve.remarks.iter().cloned()).collect()
    }
}
