//! A directory that remembers training runs by what they are: for checks that ask for runs one by one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::foreign::refuse_foreign;
use crate::records::{Found, write_json};
use crate::{Curve, Difference, Smoothing, Source, StudyError, Trial, TrialRecord};

const ARCHIVE_FILE: &str = "archive.json";
const ARCHIVE_VERSION: u32 = 1;

/// Files that cannot be read, each with the reason.
pub type Damaged = Vec<(PathBuf, String)>;

/// Runs on disk, each in a file named after its content, beside `archive.json` with what all share. It may be opened
/// by several processes: records are written atomically, and two workers on the same trial write the same content.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    settings: Value,
    smoothing: Smoothing,
}

#[derive(Serialize, Deserialize)]
struct ArchiveFile {
    version: u32,
    settings: Value,
    smoothing: Smoothing,
}

impl Archive {
    /// Creates or continues an archive. `settings` are what all its trials share.
    ///
    /// # Errors
    ///
    /// [`StudyError::OtherConfiguration`] if the folder holds runs with other settings, with each difference;
    /// [`StudyError::NotAStudy`] if it holds something else; [`StudyError::Unreadable`] if its `archive.json` is
    /// damaged; [`StudyError::Io`].
    pub fn open(folder: &Path, settings: Value, smoothing: Smoothing) -> Result<Self, StudyError> {
        let at = StudyError::io;
        fs::create_dir_all(folder).map_err(at(folder, "create"))?;
        let path = folder.join(ARCHIVE_FILE);
        match fs::read(&path) {
            Ok(content) => check_settings(folder, &path, &content, &settings, smoothing)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Records say whose they are, so a lost description is written again.
                if !folder.join("trials").is_dir() {
                    refuse_foreign(folder)?;
                }
                let file = ArchiveFile { version: ARCHIVE_VERSION, settings: settings.clone(), smoothing };
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
        self.run_timed(trial, || {
            let start = Instant::now();
            let curve = train()?;
            Ok((curve, start.elapsed().as_secs_f64()))
        })
    }

    /// As [`run`](Self::run), for a run that may have had several processes and so counts its own seconds.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run).
    pub fn run_timed<E: From<StudyError>>(
        &self,
        trial: &Trial,
        train: impl FnOnce() -> Result<(Curve, f64), E>,
    ) -> Result<(TrialRecord, Source), E> {
        let found = self.find(trial)?;
        TrialRecord::read_or_run(&self.path(trial), found, || {
            let (curve, seconds) = train()?;
            Ok(TrialRecord::new(trial.id(), trial.clone(), curve, self.smoothing, seconds))
        })
    }

    /// Every record that can be read, in order of their files' names; damaged ones are for [`run`](Self::run) to repair.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub fn records(&self) -> Result<Vec<TrialRecord>, StudyError> {
        Ok(self.records_and_damage()?.0)
    }

    /// Every record that can be read, and every file that cannot, with the reason.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub fn records_and_damage(&self) -> Result<(Vec<TrialRecord>, Damaged), StudyError> {
        let trials = self.folder.join("trials");
        let entries = fs::read_dir(&trials).map_err(StudyError::io(&trials, "read"))?;
        let paths: Result<Vec<PathBuf>, io::Error> = entries.map(|entry| Ok(entry?.path())).collect();
        let mut paths = paths.map_err(StudyError::io(&trials, "read"))?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        let (mut records, mut damaged) = (Vec::new(), Vec::new());
        for path in paths {
            match TrialRecord::read(&path)? {
                Found::Record(record) => records.push(*record),
                Found::Damaged(reason) => damaged.push((path, reason)),
                Found::Nothing => {}
            }
        }
        Ok((records, damaged))
    }

    fn path(&self, trial: &Trial) -> PathBuf {
        self.folder.join("trials").join(trial.file_name())
    }

    fn find(&self, trial: &Trial) -> Result<Found<Trial>, StudyError> {
        Ok(match TrialRecord::read(&self.path(trial))? {
            Found::Record(record) if &record.trial != trial => {
                Found::Damaged("it is the record of another trial".to_owned())
            }
            found => found,
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
    let file: ArchiveFile = serde_json::from_slice(content).map_err(|error| unreadable(error.to_string()))?;
    if file.version != ARCHIVE_VERSION {
        return Err(unreadable(format!("version {} where this program knows {ARCHIVE_VERSION}", file.version)));
    }
    let mut differences = Vec::new();
    Difference::collect("", &file.settings, settings, &mut differences);
    Difference::collect("smoothing", &Value::from(file.smoothing.last), &Value::from(smoothing.last), &mut differences);
    if differences.is_empty() {
        return Ok(());
    }
    Err(StudyError::OtherConfiguration { folder: folder.to_owned(), differences })
}
