//! How far a study is.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::listing;
use crate::launch::ranges;
use crate::quote::quoted;
use crate::study::Unknown;
use crate::{ChangedFile, Others, Study, StudyError, StudyRecord};

/// How far a study is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// Its folder.
    #[serde(serialize_with = "path_as_text")]
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
    /// Where what the failed ones said is; none if they said nothing.
    #[serde(serialize_with = "logs_as_text")]
    pub logs: Option<PathBuf>,
    /// Whether a failed one has no log: its record came from elsewhere.
    pub without_log: bool,
    /// What is odd about a study of version 1, which took it.
    pub oddities: Vec<String>,
    /// Known and not run yet.
    pub missing: usize,
    /// Known once other trials have ended.
    pub waiting: usize,
    /// Of stages of the best, never to be run: fewer samples finished than were to go on.
    pub too_few: usize,
    /// The first stage that has nothing to run, because no sample of the one before finished.
    pub empty_stage: Option<usize>,
    /// Files that cannot be read, each with the reason; `tune` runs their trials again.
    #[serde(serialize_with = "damaged_as_text")]
    pub damaged: Vec<(PathBuf, String)>,
    /// Files that cannot be read here, each with the reason; they may be whole, so their trials are not run again.
    #[serde(serialize_with = "damaged_as_text")]
    pub unreadable: Vec<(PathBuf, String)>,
    /// Files that the command names and that have changed since trials ran with them.
    pub changed: Vec<ChangedFile>,
    /// Ended trials that belong to another configuration, and which.
    pub others: Vec<Others>,
}

/// A path has any bytes, JSON has text.
fn path_as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

fn logs_as_text<S: Serializer>(logs: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    logs.as_ref().map(|logs| logs.display().to_string()).serialize(serializer)
}

fn damaged_as_text<S: Serializer>(damaged: &[(PathBuf, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(damaged.iter().map(|(path, reason)| (path.display().to_string(), reason)))
}

fn plural(trials: usize) -> &'static str {
    if trials == 1 { "trial" } else { "trials" }
}

/// A path in a line of a terminal.
fn shown(path: &Path) -> String {
    quoted(&path.display().to_string(), 0, 4096)
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
        let log = |record: &&StudyRecord| study.logs().join(format!("{}.log", record.trial.name())).metadata();
        let Unknown { waiting, too_few, empty_stage } = study.unknown()?;
        let finished = found.records.iter().filter(|record| record.outcome.loss().is_some()).count();
        Ok(Self {
            folder: study.folder().to_owned(),
            trials: study.config().n_trials(),
            finished,
            diverged: found.records.len() - finished - failed.len(),
            failed: failed.len(),
            failures: failed.iter().map(|record| (place(record), record.outcome.to_string())).collect(),
            remarks,
            logs: failed.iter().any(|one| log(one).is_ok_and(|log| log.len() > 0)).then(|| study.logs()),
            without_log: failed.iter().any(|one| log(one).is_err()),
            oddities: study.oddities().to_vec(),
            missing: found.missing,
            waiting,
            too_few,
            empty_stage,
            damaged: found.damaged,
            unreadable: found.unreadable,
            changed: found.changed,
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
        write!(f, "{}: {trials} {}, {finished} finished, {diverged} diverged", shown(&self.folder), plural(*trials))?;
        write!(f, ", {failed} failed, {missing} to run")?;
        if self.waiting > 0 {
            write!(f, ", {} wait for others", self.waiting)?;
        }
        if self.too_few > 0 {
            write!(f, ", {} cannot be: too few samples finished", self.too_few)?;
        }
        listing::write(f, &self.failures, |f, (name, reason)| write!(f, "{name}: {reason}"))?;
        match &self.logs {
            Some(logs) => write!(f, "\n  what they said is in {}; `retry` runs them again", shown(logs))?,
            None if self.without_log => write!(f, "\n  their logs are not here; `retry` runs them again")?,
            None if *failed > 0 => write!(f, "\n  they said nothing beside losses; `retry` runs them again")?,
            None => {}
        }
        listing::write(f, &self.oddities, |f, oddity| write!(f, "warning: {oddity}"))?;
        listing::write(f, &self.remarks, |f, (remark, trials)| {
            write!(f, "warning: {trials} {} {remark}", plural(*trials))
        })?;
        listing::write(f, &self.damaged, |f, (path, reason)| {
            write!(f, "damaged, and to be run again: {} ({reason})", shown(path))
        })?;
        listing::write(f, &self.unreadable, |f, (path, reason)| {
            write!(f, "not used, and not run again: {} ({reason})", shown(path))
        })?;
        listing::write(f, &self.changed, |f, changed| write!(f, "warning: {changed}, so that losses may not compare"))?;
        listing::write(f, &self.others, |f, others| write!(f, "{others}"))
    }
}
