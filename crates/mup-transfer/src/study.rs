//! The directory that remembers: `study.json` with the settings, one file per finished trial under `trials/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::trial::{RECORD_VERSION, digest};
use crate::{Curve, Difference, Smoothing, StudyError, Trial, TrialRecord, write_durably};

const STUDY_FILE: &str = "study.json";
const STUDY_VERSION: u32 = 1;

/// A study on disk. It may be opened by several processes: records are written atomically, and two workers on the
/// same trial write the same content.
#[derive(Debug)]
pub struct Study {
    folder: PathBuf,
    settings: Value,
    smoothing: Smoothing,
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

#[derive(Serialize, Deserialize)]
struct StudyFile {
    version: u32,
    settings: Value,
    smoothing: Smoothing,
}

/// A record beside the digest of its content, so that a flipped digit does not pass for a result.
#[derive(Serialize, Deserialize)]
struct TrialFile {
    digest: String,
    record: TrialRecord,
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

enum Found {
    Record(Box<TrialRecord>),
    Nothing,
    Damaged(String),
}

impl Study {
    /// Creates or continues a study. `settings` are what all its trials share.
    ///
    /// # Errors
    ///
    /// [`StudyError::OtherConfiguration`] if the folder holds a study with other settings, with each difference;
    /// [`StudyError::NotAStudy`] if it holds something else; [`StudyError::Unreadable`] if its `study.json` is
    /// damaged; [`StudyError::Io`].
    pub fn open(folder: &Path, settings: Value, smoothing: Smoothing) -> Result<Self, StudyError> {
        let at = |path: &Path, doing| io_error(path, doing);
        fs::create_dir_all(folder).map_err(at(folder, "create"))?;
        let path = folder.join(STUDY_FILE);
        match fs::read(&path) {
            Ok(content) => check_settings(folder, &path, &content, &settings, smoothing)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                refuse_foreign(folder)?;
                let file = StudyFile { version: STUDY_VERSION, settings: settings.clone(), smoothing };
                write_json(&path, &file)?;
            }
            Err(error) => return Err(at(&path, "read")(error)),
        }
        let trials = folder.join("trials");
        fs::create_dir_all(&trials).map_err(at(&trials, "create"))?;
        Ok(Self { folder: folder.to_owned(), settings, smoothing })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What all trials share.
    #[must_use]
    pub fn settings(&self) -> &Value {
        &self.settings
    }

    /// Whether a trial is finished.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub fn has(&self, trial: &Trial) -> Result<bool, StudyError> {
        Ok(matches!(self.find(trial)?, Found::Record(_)))
    }

    /// The record of a trial: read if it is finished, otherwise trained and written before this returns.
    ///
    /// A file that is truncated, damaged or about another trial is renamed to `….damaged` and the trial is run
    /// again; a file of a newer version is refused, because it may hold a result that this version cannot read.
    ///
    /// # Errors
    ///
    /// Those of `train`, through `E`; [`StudyError::Newer`], [`StudyError::Io`].
    pub fn run<E: From<StudyError>>(
        &self,
        trial: &Trial,
        train: impl FnOnce() -> Result<Curve, E>,
    ) -> Result<(TrialRecord, Source), E> {
        let source = match self.find(trial)? {
            Found::Record(record) => return Ok((*record, Source::Read)),
            Found::Nothing => Source::Trained,
            Found::Damaged(reason) => Source::Repaired { kept_as: self.set_aside(trial)?, reason },
        };
        let start = Instant::now();
        let curve = train()?;
        let record = TrialRecord::new(trial.clone(), curve, self.smoothing, start.elapsed().as_secs_f64());
        write_json(&self.path(trial), &TrialFile { digest: digest(&record), record: record.clone() })?;
        Ok((record, source))
    }

    fn path(&self, trial: &Trial) -> PathBuf {
        self.folder.join("trials").join(trial.file_name())
    }

    fn set_aside(&self, trial: &Trial) -> Result<PathBuf, StudyError> {
        let path = self.path(trial);
        let kept_as = path.with_extension("json.damaged");
        fs::rename(&path, &kept_as).map_err(io_error(&path, "rename"))?;
        Ok(kept_as)
    }

    fn find(&self, trial: &Trial) -> Result<Found, StudyError> {
        let path = self.path(trial);
        let content = match fs::read(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(io_error(&path, "read")(error)),
        };
        if let Ok(VersionOnly { record }) = serde_json::from_slice(&content)
            && record.version > RECORD_VERSION
        {
            return Err(StudyError::Newer { path, version: record.version, known: RECORD_VERSION });
        }
        Ok(match serde_json::from_slice::<TrialFile>(&content) {
            Err(error) => Found::Damaged(error.to_string()),
            Ok(file) if file.digest != digest(&file.record) => {
                Found::Damaged("its content does not match its digest".to_owned())
            }
            Ok(file) if &file.record.trial != trial => Found::Damaged("it is the record of another trial".to_owned()),
            Ok(file) => Found::Record(Box::new(file.record)),
        })
    }
}

fn check_settings(
    folder: &Path,
    path: &Path,
    content: &[u8],
    settings: &Value,
    smoothing: Smoothing,
) -> Result<(), StudyError> {
    let unreadable = |reason: String| StudyError::Unreadable { path: path.to_owned(), reason };
    let file: StudyFile = serde_json::from_slice(content).map_err(|error| unreadable(error.to_string()))?;
    if file.version != STUDY_VERSION {
        return Err(unreadable(format!("version {} where this program knows {STUDY_VERSION}", file.version)));
    }
    let mut differences = Vec::new();
    compare("", &file.settings, settings, &mut differences);
    compare("smoothing", &Value::from(file.smoothing.last), &Value::from(smoothing.last), &mut differences);
    if differences.is_empty() {
        return Ok(());
    }
    Err(StudyError::OtherConfiguration { folder: folder.to_owned(), differences })
}

/// A folder with files of its own is somebody else's.
fn refuse_foreign(folder: &Path) -> Result<(), StudyError> {
    for entry in fs::read_dir(folder).map_err(io_error(folder, "read"))? {
        let name = entry.map_err(io_error(folder, "read"))?.file_name();
        if !name.to_string_lossy().starts_with('.') {
            return Err(StudyError::NotAStudy { folder: folder.to_owned(), found: name.into() });
        }
    }
    Ok(())
}

fn compare(path: &str, old: &Value, new: &Value, differences: &mut Vec<Difference>) {
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if let (Value::Object(old), Value::Object(new)) = (old, new) {
        let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in keys {
            let value = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
            compare(&join(key), &value(old), &value(new), differences);
        }
    } else if old != new {
        differences.push(Difference { setting: path.to_owned(), there: old.to_string(), asked: new.to_string() });
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StudyError> {
    let mut text = serde_json::to_vec_pretty(value).expect("bug: plain data with text keys is always JSON");
    text.push(b'\n');
    write_durably(path, &text).map_err(io_error(path, "write"))
}

fn io_error(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> StudyError + use<> {
    let path = path.to_owned();
    move |source| StudyError::Io { doing, path, source }
}
