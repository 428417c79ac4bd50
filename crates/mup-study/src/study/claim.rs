//! Who works on what: a lock that the system takes back from whoever dies.

use std::fs::{self, File, TryLockError};

use mup_files::create_folders;

use crate::{Study, StudyError, StudyTrial};

/// A worker's hold on a trial, until it is dropped. It only saves work: without it two workers write the same record.
#[derive(Debug)]
pub struct Claim {
    file: Option<File>,
    path: std::path::PathBuf,
}

impl Study {
    /// Claims a trial; none if another worker has it.
    ///
    /// Where the file system refuses locks, for whatever reason, every claim succeeds: they only save work.
    ///
    /// # Errors
    ///
    /// [`StudyError::Io`].
    pub fn claim(&self, trial: &StudyTrial) -> Result<Option<Claim>, StudyError> {
        create_folders(&self.logs()).map_err(StudyError::io(&self.logs(), "create"))?;
        let path = self.logs().join(format!(".{}.lock", trial.name()));
        let file = File::create(&path).map_err(StudyError::io(&path, "create"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Claim { file: Some(file), path })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(_)) => Ok(Some(Claim { file: None, path })),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Removed while it is still held: whoever locks the removed file finds the record when it looks again.
        let _ = fs::remove_file(&self.path);
        drop(self.file.take());
    }
}
