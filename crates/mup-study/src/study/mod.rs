//! The search for hyperparameters, as a directory: `study.toml` says which trials there are, `trials/` has a file for
//! each that has ended. Nothing else is needed to continue, on this machine or on others.

mod amend;
mod asked;
mod check;
mod claim;
mod config;
mod file;
pub(crate) mod files;
pub mod limits;
mod others;
mod places;
mod retry;
mod trial;
mod unchanged;
#[cfg(all(feature = "cli", unix))]
mod unknown;
mod walk;
mod waves;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use mup_files::{create_exclusively, create_folders};
use serde_json::Value;

use crate::foreign::{create_inside, refuse_file, refuse_file_as_study, refuse_foreign};
use crate::records::Paperwork;
use crate::store::{Damage, Store};
use crate::{Difference, Outcome, RecordSource, Stored, StudyError, TrialEnd};
use files::Digests;
use walk::Walked;

pub(crate) use claim::Claimed;
pub use config::{Program, Stage, StudyConfig};
pub use file::Mistake;
pub(crate) use file::read_space;
pub use files::ChangedFile;
pub use others::Others;
pub use retry::Retried;
pub use trial::{StudyRecord, StudyTrial, Trial};
#[cfg(all(feature = "cli", unix))]
pub(crate) use unknown::Unknown;
pub(crate) use waves::{Pending, Wave};

const STUDY_FILE: &str = "study.toml";

/// A study on disk.
///
/// Trial i is a pure function of (study seed, i), or, where a stage continues the best of another or the search is
/// adaptive, of that and of the records before it. So any number of workers, on any machines that share the folder,
/// work on it without a coordinator; a lost worker loses its current trial; two on the same trial write the same.
///
/// A record is found by what was trained. So `study.toml` may be edited: what still belongs is used, what no longer belongs
/// stays ([`Others`]), and the inverse edit brings it back.
#[derive(Debug)]
pub struct Study {
    folder: PathBuf,
    config: StudyConfig,
    oddities: Vec<String>,
    store: Store,
    context: Arc<Value>,
    walked: Mutex<Walked>,
    files: files::CommandFiles,
    /// Samples that an estimator was asked for.
    #[cfg(test)]
    asked: std::sync::atomic::AtomicUsize,
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
    /// Files that cannot be read here, each with the reason: they may be whole. Their trials count as missing.
    pub unreadable: Vec<(PathBuf, String)>,
    /// What has ended and belongs to another configuration.
    pub others: Vec<Others>,
    /// Files that the command names and that were others when some of the trials ran.
    pub changed: Vec<ChangedFile>,
}

impl Study {
    /// Creates a study, or continues the one in the folder if it was created with the same configuration. Of two
    /// processes that create it with different ones exactly one does.
    ///
    /// # Errors
    ///
    /// A senseless configuration; [`StudyError::OtherConfiguration`] with every difference;
    /// [`StudyError::NotAStudy`]; [`StudyError::Unreadable`]; [`StudyError::Io`].
    pub fn create(folder: &Path, config: StudyConfig) -> Result<Self, StudyError> {
        config.check().map_err(|problem| StudyError::Config { reason: problem.reason })?;
        refuse_file_as_study(folder)?;
        create_folders(folder).map_err(StudyError::io(folder, "create"))?;
        let path = folder.join(STUDY_FILE);
        if !path.exists() {
            refuse_foreign(folder, &path)?;
            let text = config.to_toml();
            create_exclusively(&path, text.as_bytes()).map_err(StudyError::io(&path, "write"))?;
        }
        let study = Self::open(folder)?;
        study.refuse_other(&config)?;
        Ok(study)
    }

    /// Opens the study in a folder, which creates nothing. Its `study.toml` may be written and edited by hand.
    ///
    /// # Errors
    ///
    /// [`StudyError::Absent`]; [`StudyError::Unreadable`] with the line; a senseless configuration.
    pub fn open(folder: &Path) -> Result<Self, StudyError> {
        refuse_file_as_study(folder)?;
        let path = folder.join(STUDY_FILE);
        let content = match fs::read(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StudyError::Absent { path });
            }
            Err(_) if path.is_dir() => {
                let reason = "it is a folder: move it away".to_owned();
                return Err(StudyError::Unreadable { path, reason });
            }
            Err(error) => return Err(StudyError::io(&path, "read")(error)),
        };
        let (config, oddities) = file::from_bytes(&content, &path)?;
        let (store, context) = (Store::at(folder.join("trials")), Arc::new(config.context()));
        Ok(Self {
            folder: folder.to_owned(),
            config,
            oddities,
            store,
            context,
            walked: Mutex::default(),
            files: files::CommandFiles::default(),
            #[cfg(test)]
            asked: Default::default(),
        })
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

    /// The same, made if it is not there.
    pub(crate) fn make_logs(&self) -> Result<PathBuf, StudyError> {
        let logs = self.logs();
        refuse_file(&logs, "move it away, for what programs say is kept in a folder of this name")?;
        create_inside(&logs)?;
        Ok(logs)
    }

    /// What `study.toml` says.
    #[must_use]
    pub fn config(&self) -> &StudyConfig {
        &self.config
    }

    /// What would be refused today, and is read because this study is of version 1, which took it; in sentences.
    #[must_use]
    pub fn oddities(&self) -> &[String] {
        &self.oddities
    }

    /// The record of a trial, if it has ended. A damaged file counts as none.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub fn find(&self, trial: &StudyTrial) -> Result<Option<StudyRecord>, StudyError> {
        Ok(self.store.look(trial.name())?.map(|stored| self.judged(trial, &stored)))
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
        run: impl FnOnce() -> Result<TrialEnd, E>,
    ) -> Result<(StudyRecord, RecordSource), E> {
        let paperwork = Paperwork { search: Some(self.search_of(trial)), files: self.files() };
        let (stored, source) = self.store.run_for(trial, paperwork, run)?;
        if stored.trial.id() != trial.name() {
            // It would be run again and again.
            return Err(StudyError::Unstorable { id: trial.name().to_owned() }.into());
        }
        Ok((self.judged(trial, &stored), source))
    }

    /// The record of every trial that is known so far: one pass over the files.
    ///
    /// # Errors
    ///
    /// A search without that many samples; [`StudyError::Newer`], [`StudyError::Io`].
    pub fn records(&self) -> Result<Records, StudyError> {
        self.store.refresh()?;
        let waves = self.walk()?;
        let (mut records, mut missing, mut ran) = (Vec::new(), 0, BTreeMap::new());
        for trial in waves.iter().flatten().flat_map(|wave| &wave.trials) {
            match self.store.get(trial.name()) {
                Some(stored) => {
                    records.push(self.judged(trial, &stored));
                    ran.insert(trial.name(), stored);
                }
                None => missing += 1,
            }
        }
        let changed = files::changed(ran.values().map(|stored| &stored.files), &self.files());
        let (damaged, unreadable) = (self.store.damaged(), self.store.unreadable());
        Ok(Records { records, missing, damaged, unreadable, others: self.others(&waves), changed })
    }

    /// Sets every damaged file aside as `….damaged`, once; each with what was wrong with it. Whose record it was nobody
    /// knows: the trial is found missing, and run again.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub fn set_damaged_aside(&self) -> Result<Vec<Damage>, StudyError> {
        self.store.refresh()?;
        self.store.put_damaged_aside()
    }

    /// What is in the files that the command names.
    fn files(&self) -> Digests {
        self.config.program.as_ref().map_or_else(Digests::new, |program| self.files.digests(&program.command))
    }

    /// Where its description is.
    fn description(&self) -> PathBuf {
        self.folder.join(STUDY_FILE)
    }

    /// How a trial ended.
    fn outcome(&self, stored: &Stored) -> Outcome {
        stored.outcome(self.config.smoothing(stored.curve.losses.len()))
    }

    fn judged(&self, trial: &StudyTrial, stored: &Stored) -> StudyRecord {
        stored.record(trial.clone(), self.config.smoothing(stored.curve.losses.len()))
    }

    fn refuse_other(&self, asked: &StudyConfig) -> Result<(), StudyError> {
        let differences = Difference::between(&self.config.identity(), &asked.identity());
        if differences.is_empty() {
            return Ok(());
        }
        Err(StudyError::OtherConfiguration { folder: self.folder.clone(), differences })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::launch::{Silent, Tuned, run_locally};
    use crate::{Search, Space, TrialCurve};

    fn trained(folder: &Path, search: Search, trials: usize) -> Study {
        let config = StudyConfig::new(Space::gpt3(), vec![Stage::of(20, trials)]);
        let study = Study::create(&folder.join("study"), StudyConfig { search, ..config }).unwrap();
        let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
            let rate = trial.values.number("learning-rate").unwrap();
            let losses = (0..trial.steps).map(|step| 2.0 + (rate.log10() + 2.0).powi(2) + 1.0 / (step + 1) as f64);
            Ok::<_, StudyError>(TrialCurve { losses: losses.collect(), ..TrialCurve::default() }.into())
        };
        assert_eq!(run_locally(&study, 2, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
        study
    }

    fn memory() -> tempfile::TempDir {
        // Thousands of fsyncs test the disk.
        tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
    }

    fn asked(study: &Study) -> usize {
        study.asked.load(Ordering::Relaxed)
    }

    fn trials(study: &Study) -> Vec<StudyTrial> {
        study.records().unwrap().records.into_iter().map(|record| record.trial).collect()
    }

    #[test]
    fn what_has_ended_takes_one_look_at_each_file_and_asks_for_nothing_however_often_the_study_is_asked() {
        for (search, n) in [(Search::Random, 40), (Search::Tpe, 40), (Search::Tpe, 80)] {
            let folder = memory();
            let made = trained(folder.path(), search, n);
            assert_eq!(asked(&made), if search == Search::Tpe { n } else { 0 }, "each once");
            let study = Study::open(&folder.path().join("study")).unwrap();
            for _ in 0..3 {
                assert_eq!(study.records().unwrap().records.len(), n);
                assert_eq!(study.pending().unwrap(), None);
                assert_eq!(study.missing().unwrap(), Vec::new());
                study.trial(n - 1).unwrap();
            }
            assert_eq!((study.store.opened(), asked(&study)), (n, 0), "{search:?}");
            assert_eq!(trials(&study), trials(&made), "{search:?}");
        }
    }

    #[test]
    fn what_records_say_of_an_adaptive_search_is_what_it_chooses_anew() {
        let folder = memory();
        let made = trained(folder.path(), Search::Tpe, 40);
        // As an earlier version wrote them, which did not say what a sample was chosen from.
        let silent = Study::create(&folder.path().join("silent"), made.config().clone()).unwrap();
        for stored in made.store.all() {
            let ended = crate::TrialEnd::from((*stored.curve).clone());
            let paperwork = Paperwork { search: Some(silent.search()), ..Paperwork::default() };
            silent.store.run_for(&stored.trial, paperwork, || Ok::<_, StudyError>(ended)).unwrap();
        }
        assert_eq!(trials(&silent), trials(&made));
        assert_eq!((asked(&silent), silent.records().unwrap().others), (40, Vec::new()));
        // Of a wave without one record that sample alone is asked for, and comes out as it was.
        let gone = made.trial(19).unwrap();
        fs::remove_file(made.store.path(gone.name())).unwrap();
        let study = Study::open(made.folder()).unwrap();
        assert_eq!((study.trial(19).unwrap(), asked(&study)), (gone, 1));
    }
}
