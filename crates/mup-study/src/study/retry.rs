//! Failed trials, run again: and what followed from their failure.

use std::collections::HashSet;

use super::{Study, StudyTrial};
use crate::StudyError;

/// What was set aside to be run again.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Retried {
    /// The trials that had failed.
    pub trials: Vec<StudyTrial>,
    /// Trials that have ended and were chosen from results with the failed ones among them: rounds of an adaptive search,
    /// stages of the best. If a trial ends otherwise now, others are chosen, and these no longer belong.
    pub depending: usize,
}

impl std::fmt::Display for Retried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |count: usize| if count == 1 { "trial" } else { "trials" };
        write!(f, "{} failed {} will be run again by `tune`", self.trials.len(), plural(self.trials.len()))?;
        if self.depending == 0 {
            return Ok(());
        }
        let (count, were) = (self.depending, if self.depending == 1 { "was" } else { "were" });
        write!(
            f,
            "\nwarning: {count} ended {} {were} chosen from results with these failures: where they end otherwise, others \
             are chosen and run",
            plural(count)
        )
    }
}

impl Study {
    /// Sets the records of failed trials aside as `….failed`, so that they are run again.
    ///
    /// # Errors
    ///
    /// Those of [`records`](Self::records).
    pub fn retry(&self) -> Result<Retried, StudyError> {
        let records = self.records()?.records;
        let before: HashSet<String> = records.iter().map(|record| record.trial.name().to_owned()).collect();
        let mut seen = HashSet::new();
        let failed = records.into_iter().filter(|record| record.outcome.failed()).map(|record| record.trial);
        let trials: Vec<StudyTrial> = failed.filter(|trial| seen.insert(trial.name().to_owned())).collect();
        trials.iter().try_for_each(|trial| self.store.forget(trial.name()))?;
        let after = self.records()?.records;
        let after: HashSet<&str> = after.iter().map(|record| record.trial.name()).collect();
        let gone = before.iter().filter(|name| !after.contains(name.as_str()) && !seen.contains(*name));
        Ok(Retried { depending: gone.count(), trials })
    }
}
