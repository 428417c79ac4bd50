//! What a study cannot say yet of its plan: what `status` counts.

use crate::{Study, StudyError};

/// Trials of the plan that are not known one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// They wait for other trials.
    pub(crate) waiting: usize,
    /// They will never be: the stage before has too few samples that finished.
    pub(crate) too_few: usize,
    /// The first stage that has no trial at all for that reason.
    pub(crate) empty_stage: Option<usize>,
}

impl Study {
    /// Trials of the plan that no wave has: those whose wave waits for other trials, and those of a stage of the best for
    /// which too few samples finished.
    ///
    /// # Errors
    ///
    /// Those of [`pending`](Self::pending).
    pub(crate) fn unknown(&self) -> Result<Unknown, StudyError> {
        let (mut unknown, seeds) = (Unknown::default(), self.config().distinct_seeds().len());
        for (place, wave) in self.config().places().zip(self.walk()?) {
            let planned = (place.to - place.from) * seeds;
            match wave {
                None => unknown.waiting += planned,
                Some(wave) => {
                    unknown.too_few += planned.saturating_sub(wave.trials.len());
                    unknown.empty_stage = unknown.empty_stage.or(wave.trials.is_empty().then_some(place.stage));
                }
            }
        }
        Ok(unknown)
    }
}
