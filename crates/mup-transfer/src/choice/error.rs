//! When there is nothing to choose from.

/// A choice that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// No trial has ended.
    #[error("no trial has ended yet: run the study first (`tune`), it has {planned} to run")]
    NothingRan {
        /// Trials of the study.
        planned: usize,
    },
    /// Trials have ended, but no sample finished with all its seeds.
    #[error(
        "no sample has finished with all its seeds: {diverged} trials diverged, {failed} failed, {missing} are missing; \
         {remedy}"
    )]
    NothingFinished {
        /// Trials that diverged.
        diverged: usize,
        /// Trials that failed.
        failed: usize,
        /// Trials without a record.
        missing: usize,
        /// What to do.
        remedy: String,
    },
    /// Samples finished at a short horizon, and each of them diverged at a longer one.
    #[error(
        "every sample that finished {short} steps diverged at {long}: no value survives the longer horizon; {remedy}"
    )]
    NoneSurvived {
        /// The longest horizon at which any finished.
        short: usize,
        /// The one at which all of those diverged.
        long: usize,
        /// What to do.
        remedy: String,
    },
}
