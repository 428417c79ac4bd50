//! The trials of a wave that have no record.

use crate::launch::Watch;
use crate::{Pending, Source, Study, StudyError, StudyTrial};

/// Trials that have no record yet, as far as this machine sees.
pub(super) struct Missing<'a> {
    study: &'a Study,
    watch: &'a dyn Watch,
    trials: Vec<(usize, StudyTrial)>,
}

impl<'a> Missing<'a> {
    pub(super) fn of(study: &'a Study, watch: &'a dyn Watch, pending: Pending) -> Self {
        watch.wave(pending.trials, pending.trials - pending.missing.len());
        Self { study, watch, trials: pending.missing }
    }

    /// Looks again, and shows the records that have come.
    pub(super) fn look(&mut self) -> Result<(), StudyError> {
        let mut still = Vec::new();
        for (index, trial) in std::mem::take(&mut self.trials) {
            match self.study.find(&trial)? {
                Some(record) => self.watch.end(&record, &Source::Trained),
                None => still.push((index, trial)),
            }
        }
        self.trials = still;
        Ok(())
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
