//! One file per finished trial: whole or absent, with a digest, never repeated, never trusted when damaged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mup_files::{digest_of_json, write_durably};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Curve, Failure, Outcome, Smoothing, StudyError};

/// Version of the record's form. Another version is never read as this one.
pub(crate) const RECORD_VERSION: u32 = 1;

/// The record of a trial, as its file holds it; `T` describes the trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record<T> {
    version: u32,
    /// Identity of the trial.
    pub id: String,
    /// What was run.
    pub trial: T,
    /// How it ended.
    pub outcome: Outcome,
    /// What it returned; losses up to the last finite one.
    pub curve: Curve,
    /// Wall-clock seconds: the only content that differs between two runs of one trial.
    pub seconds: f64,
}

/// What a run leaves: losses, and why it did not get to its end if it failed rather than diverged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ended {
    /// What was measured, up to the failure.
    pub curve: Curve,
    /// Why it stopped before its end.
    pub failure: Option<Failure>,
}

impl From<Curve> for Ended {
    fn from(curve: Curve) -> Self {
        Self { curve, failure: None }
    }
}

/// Where a record came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
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

pub(crate) enum Found<T> {
    Record(Box<Record<T>>),
    Nothing,
    Damaged(String),
}

/// A record beside the digest of its content, so that a flipped digit does not pass for a result.
#[derive(Serialize, Deserialize)]
struct RecordFile<R> {
    digest: String,
    record: R,
}

/// The one field that every version has.
#[derive(Deserialize)]
struct VersionOnly {
    record: RecordVersion,
}

#[derive(Deserialize)]
struct RecordVersion {
    version: u32,
}

impl<T> Record<T> {
    /// Judges a run.
    #[must_use]
    pub fn new(id: String, trial: T, ended: impl Into<Ended>, smoothing: Smoothing, seconds: f64) -> Self {
        let Ended { mut curve, failure } = ended.into();
        let outcome = match failure {
            Some(failure) => Outcome::Failed(failure),
            None => Outcome::of(&curve.losses, smoothing),
        };
        // JSON has no word for them, and the outcome says where they began.
        if let Some(end) = curve.losses.iter().position(|loss| !loss.is_finite()) {
            curve.losses.truncate(end);
        }
        curve.validation = curve.validation.filter(|loss| loss.is_finite());
        curve.evaluations.retain(|evaluation| evaluation.loss.is_finite());
        Self { version: RECORD_VERSION, id, trial, outcome, curve, seconds }
    }
}

impl<T: Serialize + DeserializeOwned> Record<T> {
    /// Reads a record, whatever trial it is of.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub(crate) fn read(path: &Path) -> Result<Found<T>, StudyError> {
        let content = match fs::read(path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(StudyError::io(path, "read")(error)),
        };
        if let Ok(VersionOnly { record }) = serde_json::from_slice(&content)
            && record.version > RECORD_VERSION
        {
            return Err(StudyError::Newer { path: path.to_owned(), version: record.version, known: RECORD_VERSION });
        }
        Ok(match serde_json::from_slice::<RecordFile<Self>>(&content) {
            Err(error) => Found::Damaged(error.to_string()),
            Ok(file) if file.digest != digest_of_json(&file.record) => {
                Found::Damaged("its content does not match its digest".to_owned())
            }
            Ok(file) => Found::Record(Box::new(file.record)),
        })
    }

    /// The record of a trial: read if it is finished, otherwise run and written before this returns. A damaged file
    /// is kept beside the new one; one of a newer version is refused, because it may hold a result.
    pub(crate) fn read_or_run<E: From<StudyError>>(
        path: &Path,
        found: Found<T>,
        run: impl FnOnce() -> Result<Self, E>,
    ) -> Result<(Self, Source), E> {
        let source = match found {
            Found::Record(record) => return Ok((*record, Source::Read)),
            Found::Nothing => Source::Trained,
            Found::Damaged(reason) => Source::Repaired { kept_as: set_aside(path, "damaged")?, reason },
        };
        let record = run()?;
        write_json(path, &RecordFile { digest: digest_of_json(&record), record: &record })?;
        Ok((record, source))
    }
}

/// Renames a file to `NAME.WHY`; the newest of that name is kept. That it is gone already is as well: another worker
/// came first.
pub(crate) fn set_aside(path: &Path, why: &str) -> Result<PathBuf, StudyError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{why}"));
    let kept_as = path.with_file_name(name);
    match fs::rename(path, &kept_as) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StudyError::io(path, "rename")(error)),
        _ => Ok(kept_as),
    }
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StudyError> {
    let mut text = serde_json::to_vec_pretty(value).expect("bug: plain data with text keys is always JSON");
    text.push(b'\n');
    write_durably(path, &text).map_err(StudyError::io(path, "write"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_worker_set_aside_first_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, "{").unwrap();
        let kept_as = set_aside(&path, "damaged").unwrap();
        assert_eq!(set_aside(&path, "damaged").unwrap(), kept_as);
        assert_eq!(fs::read_to_string(kept_as).unwrap(), "{");
    }
}
