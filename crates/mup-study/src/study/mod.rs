//! The search for hyperparameters, as a directory: `study.toml` says which trials there are, `trials/` has a file for
//! each that has ended. Nothing else is needed to continue, on this machine or on others.

mod claim;
mod config;
mod trial;
mod waves;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use mup_files::write_durably;
use serde_json::Value;

use crate::foreign::refuse_foreign;
use crate::records::{Found, Record, set_aside};
use crate::{Difference, Ended, Source, StudyError};

pub use claim::Claim;
pub use config::{Program, Stage, StudyConfig};
pub use trial::{StudyRecord, StudyTrial};
pub use waves::Wave;

const STUDY_FILE: &str = "study.toml";

/// A study on disk.
///
/// Trial i is a pure function of (study seed, i), or, where a stage continues the best of another or the search is
/// adaptive, of that and of the records before it. So any number of workers, on any machines that share the folder,
/// work on it without a coordinator; a lost worker loses its current trial; two on the same trial write the same.
#[derive(Debug)]
pub struct Study {
    folder: PathBuf,
    config: StudyConfig,
}

/// All records of a study, and what could not be read.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// In the order of the plan.
    pub records: Vec<StudyRecord>,
    /// Trials of the waves known so far that have no record.
    pub missing: usize,
    /// Damaged files, each with what is wrong; their trials count as missing.
    pub damaged: Vec<(PathBuf, String)>,
}

impl Study {
    /// Creates a study, or continues the one in the folder if it was created with the same configuration.
    ///
    /// # Errors
    ///
    /// A senseless configuration; [`StudyError::OtherConfiguration`] with every difference;
    /// [`StudyError::NotAStudy`]; [`StudyError::Unreadable`]; [`StudyError::Io`].
    pub fn create(folder: &Path, config: StudyConfig) -> Result<Self, StudyError> {
        config.check()?;
        fs::create_dir_all(folder).map_err(StudyError::io(folder, "create"))?;
        let path = folder.join(STUDY_FILE);
        if path.exists() {
            let study = Self::open(folder)?;
            study.refuse_other(&config)?;
            return Ok(study);
        }
        if folder.join("trials").is_dir() {
            // Only the description is lost: the records say whether this is theirs.
            Self { folder: folder.to_owned(), config: config.clone() }.refuse_foreign_records()?;
        } else if let Err(error) = refuse_foreign(folder) {
            // Another worker may have created it just now.
            return if path.exists() { Self::create(folder, config) } else { Err(error) };
        }
        let text = config.to_toml();
        write_durably(&path, text.as_bytes()).map_err(StudyError::io(&path, "write"))?;
        let study = Self::open(folder)?;
        study.refuse_other(&config)?;
        Ok(study)
    }

    /// Opens the study in a folder. Its `study.toml` may be written by hand.
    ///
    /// Trials may be added to it; a change that would make finished trials others is refused.
    ///
    /// # Errors
    ///
    /// [`StudyError::Absent`]; [`StudyError::Unreadable`] with the line; a senseless configuration;
    /// [`StudyError::OtherConfiguration`] if records were made with other settings.
    pub fn open(folder: &Path) -> Result<Self, StudyError> {
        let path = folder.join(STUDY_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StudyError::Absent { path });
            }
            Err(error) => return Err(StudyError::io(&path, "read")(error)),
        };
        let config = StudyConfig::from_toml(&text).map_err(|reason| StudyError::Unreadable { path, reason })?;
        config.check()?;
        let study = Self { folder: folder.to_owned(), config };
        for folder in [study.folder.join("trials"), study.logs()] {
            fs::create_dir_all(&folder).map_err(StudyError::io(&folder, "create"))?;
        }
        study.refuse_foreign_records()?;
        Ok(study)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a program's input and output are kept, one file per trial.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// What `study.toml` says.
    #[must_use]
    pub fn config(&self) -> &StudyConfig {
        &self.config
    }

    /// The record of a trial, if it has ended. A damaged file counts as none.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub fn find(&self, trial: &StudyTrial) -> Result<Option<StudyRecord>, StudyError> {
        Ok(match self.look(trial)? {
            Found::Record(record) => Some(*record),
            Found::Nothing | Found::Damaged(_) => None,
        })
    }

    /// The record of a trial: read if it has ended, otherwise run and durably written before this returns.
    ///
    /// A record that cannot be read is kept as `….damaged`, and the trial is run again.
    ///
    /// # Errors
    ///
    /// Those of `run`, through `E`, which leave no record; [`StudyError::Newer`], [`StudyError::Io`].
    pub fn run<E: From<StudyError>>(
        &self,
        trial: &StudyTrial,
        run: impl FnOnce() -> Result<Ended, E>,
    ) -> Result<(StudyRecord, Source), E> {
        let found = self.look(trial)?;
        Record::read_or_run(&self.path(trial), found, || {
            let start = Instant::now();
            let ended = run()?;
            let smoothing = self.config.smoothing(ended.curve.losses.len());
            Ok(Record::new(trial.name(), trial.clone(), ended, smoothing, start.elapsed().as_secs_f64()))
        })
    }

    /// The record of every trial that is known so far.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub fn records(&self) -> Result<Records, StudyError> {
        let mut found = Records::default();
        for wave in 0..self.config.n_waves() {
            let Some(wave) = self.wave(wave)? else { break };
            for trial in wave.trials {
                match self.look(&trial)? {
                    Found::Record(record) => found.records.push(*record),
                    Found::Nothing => found.missing += 1,
                    Found::Damaged(reason) => {
                        found.missing += 1;
                        found.damaged.push((self.path(&trial), reason));
                    }
                }
            }
        }
        Ok(found)
    }

    /// Sets the records of failed trials aside as `….failed`, so that they are run again; returns their trials.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub fn retry(&self) -> Result<Vec<StudyTrial>, StudyError> {
        let failed: Vec<StudyTrial> = self
            .records()?
            .records
            .into_iter()
            .filter(|record| record.outcome.failed())
            .map(|record| record.trial)
            .collect();
        for trial in &failed {
            set_aside(&self.path(trial), "failed")?;
        }
        Ok(failed)
    }

    fn path(&self, trial: &StudyTrial) -> PathBuf {
        self.folder.join("trials").join(format!("{}.json", trial.name()))
    }

    fn look(&self, trial: &StudyTrial) -> Result<Found<StudyTrial>, StudyError> {
        Ok(match Record::read(&self.path(trial))? {
            Found::Record(record) if &record.trial != trial => {
                Found::Damaged("it is the record of another trial".to_owned())
            }
            found => found,
        })
    }

    fn refuse_other(&self, asked: &StudyConfig) -> Result<(), StudyError> {
        let mut differences = Vec::new();
        Difference::collect("", &self.config.identity(), &asked.identity(), &mut differences);
        if differences.is_empty() { Ok(()) } else { Err(self.other(differences)) }
    }

    /// Records made with other settings would be run again one by one: better to say so first.
    fn refuse_foreign_records(&self) -> Result<(), StudyError> {
        let trials = self.folder.join("trials");
        let context = self.config.context();
        for entry in fs::read_dir(&trials).map_err(StudyError::io(&trials, "read"))? {
            let path = entry.map_err(StudyError::io(&trials, "read"))?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden || path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            // Damage is the business of whoever needs the record.
            let Found::Record(record) = Record::<StudyTrial>::read(&path)? else { continue };
            let mut differences = Vec::new();
            let there: &Value = &record.trial.context;
            Difference::collect("", there, &context, &mut differences);
            if !differences.is_empty() {
                return Err(self.other(differences));
            }
        }
        Ok(())
    }

    fn other(&self, differences: Vec<Difference>) -> StudyError {
        StudyError::OtherConfiguration { folder: self.folder.clone(), differences }
    }
}
