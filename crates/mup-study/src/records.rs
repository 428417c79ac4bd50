//! Records: what was measured of a trial that has ended, and how that is judged when it is read.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::study::files::Digests;
use crate::{Failure, Outcome, Smoothing, Trial, TrialCurve};

/// The record of a trial as a study judges it today; `T` says which trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record<T> {
    /// What was run.
    pub trial: T,
    /// How it ended.
    pub outcome: Outcome,
    /// What it returned; losses up to the last finite one.
    #[serde(with = "crate::shared")]
    pub curve: Arc<TrialCurve>,
    /// Wall-clock seconds: the only content that differs between two runs of one trial.
    pub seconds: f64,
}

/// What a run leaves: losses, and why it did not get to its end if it failed rather than diverged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialEnd {
    /// What was measured, up to the failure.
    pub curve: TrialCurve,
    /// Why it stopped before its end.
    pub failure: Option<Failure>,
    /// Seconds that it took, if whoever ran it knows better than by waiting for it.
    pub seconds: Option<f64>,
}

impl From<TrialCurve> for TrialEnd {
    fn from(curve: TrialCurve) -> Self {
        Self { curve, failure: None, seconds: None }
    }
}

/// Where a record came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordSource {
    /// Read from the directory: an earlier run finished it.
    Read,
    /// Trained now.
    Trained,
    /// Trained now, because the file was unreadable; it was kept beside the new one under this name.
    Repaired {
        /// The damaged file.
        kept_as: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
}

/// What was measured of a trial, without a judgment: that follows from it when it is read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stored {
    /// What was run.
    pub trial: Trial,
    /// What it returned; losses up to the last finite one.
    pub curve: Arc<TrialCurve>,
    /// Why it did not get to its end.
    pub failure: Option<Failure>,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// The search that asked for it, if one did; says from which configuration a record is that no longer belongs.
    pub(crate) search: Option<Value>,
    /// What was in the files that its command names.
    pub(crate) files: Digests,
}

/// What a record keeps beside what was trained and measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paperwork {
    /// The search that asked for it.
    pub(crate) search: Option<Value>,
    /// What is in the files that its command names.
    pub(crate) files: Digests,
}

impl Stored {
    pub(crate) fn new(trial: Trial, ended: TrialEnd, elapsed: f64, paperwork: Paperwork) -> Self {
        let TrialEnd { curve, failure, seconds } = ended;
        let Paperwork { search, files } = paperwork;
        let seconds = seconds.filter(|seconds| seconds.is_finite()).unwrap_or(elapsed);
        Self { trial, curve: Arc::new(curve.storable()), failure, seconds, search, files }
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self, smoothing: Smoothing) -> Outcome {
        match &self.failure {
            Some(failure) => Outcome::Failed(failure.clone()),
            None => Outcome::judge(&self.curve, smoothing),
        }
    }

    /// The record, judged.
    #[must_use]
    pub fn judged(&self, smoothing: Smoothing) -> Record<Trial> {
        self.record(self.trial.clone(), smoothing)
    }

    pub(crate) fn record<T>(&self, trial: T, smoothing: Smoothing) -> Record<T> {
        let outcome = self.outcome(smoothing);
        Record { trial, outcome, curve: Arc::clone(&self.curve), seconds: self.seconds }
    }
}
