//! How far a study is.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::launch::ranges;
use crate::{Others, Study, StudyError, StudyRecord};

/// How far a study is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its folder.
    pub folder: PathBuf,
    /// Trials of all stages; a stage of the best has fewer if fewer finished.
    pub trials: usize,
    /// With a loss.
    pub finished: usize,
    /// Diverged, which is a result.
    pub diverged: usize,
    /// Failed: `retry` runs them again.
    pub failed: usize,
    /// Places of the failed ones, each with the reason and the log of what the program said.
    pub failures: Vec<(String, String)>,
    /// What trials reported that does not fit what they were asked for, each sentence with the number of trials.
    pub remarks: BTreeMap<String, usize>,
    /// Known and not run yet.
    pub missing: usize,
    /// Files that cannot be read, each with the reason; `tune` runs their trials again.
    pub damaged: Vec<(PathBuf, String)>,
    /// Finished trials that belong to another configuration, and which.
    pub others: Vec<Others>,
}

impl Status {
    /// Counts the records of a study.
    ///
    /// # Errors
    ///
    /// Those of reading them.
    pub fn of(study: &Study) -> Result<Self, StudyError> {
        let found = study.records()?;
        let failed: Vec<_> = found.records.iter().filter(|record| record.outcome.failed()).collect();
        let mut remarks = BTreeMap::new();
        for remark in found.records.iter().flat_map(StudyRecord::remarks) {
            *remarks.entry(remark).or_insert(0) += 1;
        }
        let finished = found.records.iter().filter(|record| record.outcome.loss().is_some()).count();
        Ok(Self {
            folder: study.folder().to_owned(),
            trials: study.config().n_trials(),
            finished,
            diverged: found.records.len() - finished - failed.len(),
            failed: failed.len(),
            failures: failed.iter().map(|record| (place(record), record.outcome.to_string())).collect(),
            remarks,
            missing: found.missing,
            damaged: found.damaged,
            others: found.others,
        })
    }
}

fn place(record: &StudyRecord) -> String {
    format!("{}, logs/{}.log", record.trial.place(), record.trial.name())
}

/// Indices of the trials that are known and have no record, as schedulers take them: `0-3,7`.
///
/// # Errors
///
/// Those of the study's files.
pub fn missing(study: &Study) -> Result<String, StudyError> {
    let indices: Vec<usize> = study.missing()?.into_iter().map(|(index, _)| index).collect();
    Ok(ranges(&indices))
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trials, finished, diverged, failed, missing, .. } = self;
        write!(f, "{}: {trials} trials, {finished} finished, {diverged} diverged", self.folder.display())?;
        write!(f, ", {failed} failed, {missing} to run")?;
        for (name, reason) in self.failures.iter().take(8) {
            write!(f, "\n  {name}: {reason}")?;
        }
        if *failed > 0 {
            let logs = self.folder.join("logs");
            write!(f, "\n  what they said is in {}; `retry` runs them again", logs.display())?;
        }
        for (remark, trials) in self.remarks.iter().take(8) {
            write!(f, "\n  warning: {trials} {} {remark}", if *trials == 1 { "trial" } else { "trials" })?;
        }
        for (path, reason) in &self.damaged {
            write!(f, "\n  damaged, and to be run again: {} ({reason})", path.display())?;
        }
        for others in &self.others {
            write!(f, "\n  {others}")?;
        }
        Ok(())
    }
}
