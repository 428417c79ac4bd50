//! What is worth knowing of a trial whatever became of it.

use crate::StudyRecord;

impl StudyRecord {
    /// What its program reported that does not fit what it was asked for, in sentences.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let asked = self.trial.steps;
        let beyond = self.curve.steps_beyond(asked).map(|reported| {
            format!("reported {reported} steps where {asked} were asked for: does the program read MUP_STEPS?")
        });
        beyond.into_iter().chain(self.curve.remarks.iter().cloned()).collect()
    }
}
