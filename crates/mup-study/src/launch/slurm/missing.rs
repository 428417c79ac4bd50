//! The trials of a wave that have no record.

use crate::launch::Watch;
use crate::study::Pending;
use crate::{RecordSource, Study, StudyError, StudyTrial};

/// Trials that have no record yet, as far as this machine sees.
pub(super) struct Missing<'a> {
    study: &'a Study,
    watch: &'a dyn Watch,
    /// Number of the wave.
    number: usize,
    trials: Vec<(usize, StudyTrial)>,
}

impl<'a> Missing<'a> {
    pub(super) fn of(study: &'a Study, watch: &'a dyn Watch, pending: Pending) -> Self {
        watch.wave(pending.trials, pending.trials - pending.missing.len());
        Self { study, watch, number: pending.number, trials: pending.missing }
    }

    /// Looks again, and shows the records that have come.
    pub(super) fn look(&mut self) -> Result<(), StudyError> {
        let mut still = Vec::new();
        for (index, trial) in std::mem::take(&mut self.trials) {
            match self.study.find(&trial)? {
                Some(record) => self.watch.end(&record, &RecordSource::Trained),
                None => still.push((index, trial)),
            }
        }
        self.trials = still;
        Ok(())
    }

    /// Whether no earlier wave waits: in another terminal `retry` may have made one unfinished, and then tasks of this
    /// one would not know what they are.
    pub(super) fn is_next(&self) -> Result<bool, StudyError> {
        Ok(self.study.pending()?.is_none_or(|pending| pending.number >= self.number))
    }

    pub(super) fn indices(&self) -> Vec<usize> {
        self.trials.iter().map(|(index, _)| *index).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.trials.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.trials.is_empty()
    }
}
