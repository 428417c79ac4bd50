//! Records on disk: one file for each trial that has ended, named after its content; whole or absent, never repeated,
//! never overwritten, never trusted when damaged.

mod file;
mod index;
mod settings;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mup_files::{create_exclusively, set_aside};
use serde_json::Value;

use crate::foreign::create_inside;
use crate::records::Paperwork;
use crate::{RecordSource, Stored, StudyError, Trial, TrialEnd};
use file::{Content, encode, parse};
use index::{Index, read};

/// The records of a folder. Any number of processes may use it: each file is written once, and reading is one pass,
/// after which only what changed is read.
#[derive(Debug)]
pub struct Store {
    trials: PathBuf,
    index: Mutex<Index>,
}

/// Where a file is that cannot be read, and what is wrong with it.
pub type Damage = (PathBuf, String);

impl Store {
    /// The records in a folder, which need not be there before one is written.
    pub(crate) fn at(trials: PathBuf) -> Self {
        Self { trials, index: Mutex::default() }
    }

    /// The records of runs that are asked for one by one, in `FOLDER/trials`. `settings` are what all of them share, kept
    /// in `FOLDER/settings.json`, so that the results of another check do not end in the same folder.
    ///
    /// # Errors
    ///
    /// [`StudyError::OtherConfiguration`] if the folder holds runs with other settings, with each difference;
    /// [`StudyError::NotAStudy`] if it holds something else; [`StudyError::OldArchive`] if it holds runs of an older
    /// version; [`StudyError::Unreadable`] if its `settings.json` is damaged; [`StudyError::Io`].
    pub fn open(folder: &Path, settings: &Value) -> Result<Self, StudyError> {
        settings::check(folder, settings)?;
        Ok(Self::at(folder.join("trials")))
    }

    /// Reads what has changed since the last time: every file once.
    pub(crate) fn refresh(&self) -> Result<(), StudyError> {
        self.index().refresh(&self.trials)
    }

    /// The record with an id, as of the last look.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Stored>> {
        self.index().get(id)
    }

    /// Looks at the one file that a trial's record would be in, beside what is known.
    pub(crate) fn look(&self, id: &str) -> Result<Option<Arc<Stored>>, StudyError> {
        let mut index = self.index();
        index.look(&self.trials, &file_name(id))?;
        Ok(index.get(id))
    }

    /// Every record that can be read, and every file that cannot, in order of their files' names.
    ///
    /// # Errors
    ///
    /// [`StudyError::Newer`], [`StudyError::Io`].
    pub fn records(&self) -> Result<(Vec<Arc<Stored>>, Vec<Damage>), StudyError> {
        self.refresh()?;
        Ok((self.all(), [self.damaged(), self.unreadable()].concat()))
    }

    /// One for each id, as of the last look.
    pub(crate) fn all(&self) -> Vec<Arc<Stored>> {
        self.index().all()
    }

    pub(crate) fn damaged(&self) -> Vec<Damage> {
        self.index().damaged().map(|(name, reason)| (self.trials.join(name), reason.to_owned())).collect()
    }

    pub(crate) fn unreadable(&self) -> Vec<Damage> {
        self.index().unreadable().map(|(name, reason)| (self.trials.join(name), reason.to_owned())).collect()
    }

    /// Where the record with an id is, mostly.
    #[cfg(test)]
    pub(crate) fn path(&self, id: &str) -> PathBuf {
        self.trials.join(file_name(id))
    }

    /// Files opened so far.
    #[cfg(test)]
    pub(crate) fn opened(&self) -> usize {
        self.index().opened
    }

    /// What is known of a trial: read if it has ended, otherwise run and durably written before this returns.
    ///
    /// A file that cannot be read is kept as `….damaged`, and the trial is run again.
    ///
    /// # Errors
    ///
    /// Those of `run`, through `E`, which leave no record; [`StudyError::Newer`], [`StudyError::Io`].
    pub fn run<E: From<StudyError>>(
        &self,
        trial: &Trial,
        run: impl FnOnce() -> Result<TrialEnd, E>,
    ) -> Result<(Arc<Stored>, RecordSource), E> {
        self.run_for(trial, Paperwork::default(), run)
    }

    /// The same with what the record keeps beside.
    pub(crate) fn run_for<E: From<StudyError>>(
        &self,
        trial: &Trial,
        paperwork: Paperwork,
        run: impl FnOnce() -> Result<TrialEnd, E>,
    ) -> Result<(Arc<Stored>, RecordSource), E> {
        let id = trial.id();
        if let Some(stored) = self.look(&id)? {
            return Ok((stored, RecordSource::Read));
        }
        let source = match self.put_aside(&self.trials.join(file_name(&id)))? {
            Some((kept_as, reason)) => RecordSource::Repaired { kept_as, reason },
            None => RecordSource::Trained,
        };
        let start = Instant::now();
        let ended = run()?;
        let stored = Stored::new(trial.clone(), ended, start.elapsed().as_secs_f64(), paperwork);
        Ok((self.write(&id, &stored)?, source))
    }

    /// Sets every damaged file aside, each once; what they are now, and what was wrong with them.
    pub(crate) fn put_damaged_aside(&self) -> Result<Vec<Damage>, StudyError> {
        let mut kept = Vec::new();
        for (path, _) in self.damaged() {
            kept.extend(self.put_aside(&path)?);
        }
        self.refresh()?;
        Ok(kept)
    }

    /// Sets the file of a record aside as `….failed`, so that it is run again.
    pub(crate) fn forget(&self, id: &str) -> Result<(), StudyError> {
        for name in self.index().names(id) {
            let path = self.trials.join(name);
            set_aside(&path, "failed").map_err(StudyError::io(&path, "rename"))?;
        }
        self.refresh()
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// If it is damaged, which is looked at again: another worker may have put a record in its place.
    fn put_aside(&self, path: &Path) -> Result<Option<Damage>, StudyError> {
        let reason = match read(path) {
            Ok(Some(Content::Damaged(reason))) => reason,
            // What cannot be read may be whole.
            Ok(_) | Err(StudyError::UnreadableRecord { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(kept_as) = set_aside(path, "damaged").map_err(StudyError::io(path, "rename"))? else {
            return Ok(None);
        };
        if let Some(Content::Record(_)) = read(&kept_as)? {
            // Written between the look and the rename: it goes back, unless there is one again.
            put_back(&kept_as, path).map_err(StudyError::io(path, "write"))?;
            return Ok(None);
        }
        Ok(Some((kept_as, reason)))
    }

    /// Under the first of ID.json, ID-2.json, … that holds nothing: whatever is there stays.
    fn write(&self, id: &str, written: &Stored) -> Result<Arc<Stored>, StudyError> {
        self.write_then(id, written, |_| ())
    }

    /// The same; `between` the writing and the look at it others may do what they like.
    fn write_then(&self, id: &str, written: &Stored, between: impl Fn(&Path)) -> Result<Arc<Stored>, StudyError> {
        let content = encode(written);
        match parse(&content) {
            Content::Record(read) if read == *written => {}
            _ => return Err(StudyError::Unstorable { id: id.to_owned() }),
        }
        create_inside(&self.trials)?;
        let mut number = 1;
        loop {
            let name = if number == 1 { file_name(id) } else { format!("{id}-{number}.json") };
            let path = self.trials.join(&name);
            let created = create_exclusively(&path, &content).map_err(StudyError::io(&path, "write"))?;
            between(&path);
            let mut index = self.index();
            index.look(&self.trials, &name)?;
            match index.get(id) {
                // Another worker that did the same may have come first.
                Some(stored) if created || stored.failure.is_none() => return Ok(stored),
                // Set aside as soon as it was there, by `retry` in another process: it is to be run again.
                None if created => return Ok(Arc::new(written.clone())),
                _ => number += 1,
            }
        }
    }
}

/// Gives a record its name back, with hard links or without; where the name is taken again it stays where it is.
fn put_back(kept_as: &Path, path: &Path) -> io::Result<()> {
    if create_exclusively(path, &fs::read(kept_as)?)? {
        fs::remove_file(kept_as)?;
    }
    Ok(())
}

fn file_name(id: &str) -> String {
    format!("{id}.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, TrialCurve, Values};

    #[test]
    fn a_record_that_was_taken_for_damaged_gets_its_name_back_and_takes_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let (kept_as, path) = (folder.path().join("a.json.damaged"), folder.path().join("a.json"));
        fs::write(&kept_as, "record").unwrap();
        put_back(&kept_as, &path).unwrap();
        assert!(!kept_as.exists());
        fs::write(&kept_as, "other").unwrap();
        put_back(&kept_as, &path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&kept_as).unwrap()), (b"record".to_vec(), b"other".to_vec()));
    }

    #[test]
    fn a_failed_record_that_is_retried_while_it_is_written_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let trials = folder.path().join("trials");
        let store = Store::at(trials.clone());
        let trial = Trial { values: Values::default(), seed: 0, steps: 1, context: Arc::new(Value::Null) };
        let failure = Some(Failure::TimedOut { seconds: 1 });
        let stored = Stored::new(
            trial,
            TrialEnd { curve: TrialCurve::default(), failure, seconds: None },
            1.0,
            Paperwork::default(),
        );
        let id = stored.trial.id();
        let written = store.write_then(&id, &stored, |path| fs::remove_file(path).unwrap()).unwrap();
        assert_eq!(*written, stored);
        assert_eq!(fs::read_dir(&trials).unwrap().count(), 0);
    }
}
