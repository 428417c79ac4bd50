//! Waves: the trials that can run side by side, because what they are is known.

use std::collections::HashSet;
use std::sync::Arc;

use crate::{Study, StudyError, StudyTrial};

/// Trials that depend on earlier waves alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wave {
    /// Index of the first; they are numbered through.
    pub(crate) first: usize,
    /// In order of sample and seed.
    pub(crate) trials: Vec<StudyTrial>,
}

/// The first wave that is not finished.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pending {
    /// Number of the wave.
    pub(crate) number: usize,
    /// Its trials, each counted once however many places it has.
    pub(crate) trials: usize,
    /// Those without a record, each with its index.
    pub(crate) missing: Vec<(usize, StudyTrial)>,
}

impl Study {
    /// What is to be run next, by a fresh walk from the start; none if every stage is finished.
    ///
    /// # Errors
    ///
    /// A search without that many samples; [`StudyError::Newer`], [`StudyError::Io`].
    pub(crate) fn pending(&self) -> Result<Option<Pending>, StudyError> {
        self.store.refresh()?;
        for (number, wave) in self.walk()?.iter().enumerate() {
            let Some(wave) = wave else { continue };
            let (trials, missing) = self.missing_of(wave);
            if !missing.is_empty() {
                return Ok(Some(Pending { number, trials, missing }));
            }
        }
        Ok(None)
    }

    /// The trials that are known and have no record, each once and with its index.
    ///
    /// # Errors
    ///
    /// A search without that many samples; [`StudyError::Newer`], [`StudyError::Io`].
    pub fn missing(&self) -> Result<Vec<(usize, StudyTrial)>, StudyError> {
        self.store.refresh()?;
        let mut seen = HashSet::new();
        let waves = self.walk()?;
        let missing = waves.iter().flatten().flat_map(|wave| self.missing_of(wave).1);
        Ok(missing.filter(|(_, trial)| seen.insert(trial.name().to_owned())).collect())
    }

    /// The number of distinct trials of a wave, and those of them without a record.
    fn missing_of(&self, wave: &Wave) -> (usize, Vec<(usize, StudyTrial)>) {
        let mut seen = HashSet::new();
        let distinct = (wave.first..).zip(&wave.trials).filter(|(_, trial)| seen.insert(trial.name()));
        let distinct: Vec<_> = distinct.collect();
        let missing = distinct.iter().filter(|(_, trial)| self.store.get(trial.name()).is_none());
        let missing = missing.map(|(index, trial)| (*index, (*trial).clone())).collect();
        (distinct.len(), missing)
    }

    /// The trials of a wave; none as long as a trial that it depends on has not ended, or if there is no such wave.
    ///
    /// # Errors
    ///
    /// Those of [`pending`](Self::pending).
    fn wave(&self, number: usize) -> Result<Option<Wave>, StudyError> {
        let Some(place) = self.config().places().nth(number) else { return Ok(None) };
        if let Some(wave) = self.independent_wave(place)? {
            return Ok(Some(wave));
        }
        self.store.refresh()?;
        Ok(self.walk()?.into_iter().nth(number).flatten().map(Arc::unwrap_or_clone))
    }

    /// The trial with an index, counted through all waves.
    ///
    /// # Errors
    ///
    /// [`StudyError::NoSuchTrial`]; [`StudyError::Waiting`] if it depends on trials that have not ended.
    pub fn trial(&self, index: usize) -> Result<StudyTrial, StudyError> {
        let trials = self.config().n_trials();
        let absent = || StudyError::NoSuchTrial { index, trials };
        let before = |first: usize| first <= index;
        let number = self.config().places().take_while(|place| before(place.first)).count();
        let number = number.checked_sub(1).filter(|_| index < trials).ok_or_else(absent)?;
        let found = self.wave(number)?.ok_or(StudyError::Waiting { index })?;
        // A stage of the best is shorter if fewer finished.
        found.trials.get(index - found.first).cloned().ok_or_else(absent)
    }
}
