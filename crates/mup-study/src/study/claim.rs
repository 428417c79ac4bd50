//! Who works on what: a lock that the system takes back from whoever dies.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::{Study, StudyError, StudyTrial};

/// A worker's hold on a trial, until it is dropped. It only saves work: without it two workers write the same record.
#[derive(Debug)]
pub(crate) struct Claim {
    file: File,
    path: PathBuf,
    unlocked: Option<io::Error>,
}

impl Study {
    /// Claims a trial; none if another worker has it.
    ///
    /// Where the file system gives no locks, for whatever reason, every claim succeeds; [`Claim::unlocked`] says why.
    ///
    /// # Errors
    ///
    /// [`StudyError::Io`] if the file to lock cannot be made.
    pub(crate) fn claim(&self, trial: &StudyTrial) -> Result<Option<Claim>, StudyError> {
        claim(self.make_logs()?.join(format!(".{}.lock", trial.name())), File::try_lock)
    }
}

fn claim(path: PathBuf, lock: impl FnOnce(&File) -> Result<(), TryLockError>) -> Result<Option<Claim>, StudyError> {
    let file = File::create(&path).map_err(StudyError::io(&path, "create"))?;
    let unlocked = match lock(&file) {
        Ok(()) => None,
        Err(TryLockError::WouldBlock) => return Ok(None),
        // NFS without its lock daemon, FUSE, a container's policy: there are as many errors as file systems.
        Err(TryLockError::Error(error)) => Some(error),
    };
    Ok(Some(Claim { file, path, unlocked }))
}

impl Claim {
    /// Why nobody is kept from the same trial, if the file system gave no lock.
    pub(crate) fn unlocked(&self) -> Option<&io::Error> {
        self.unlocked.as_ref()
    }

    /// The file that is locked, or would be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Removed while it is still held: whoever locks the removed file finds the record when it looks again.
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Space, Stage, StudyConfig};

    #[test]
    fn no_refusal_of_a_lock_keeps_anyone_from_working() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        // EPERM, EIO, EBADF, EACCES, EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP, ESTALE.
        for number in [1, 5, 9, 13, 22, 37, 38, 95, 116] {
            let refuse = |_: &File| Err(TryLockError::Error(io::Error::from_raw_os_error(number)));
            let claim = claim(path.clone(), refuse).unwrap().expect("it only saves work");
            assert_eq!(claim.unlocked().and_then(io::Error::raw_os_error), Some(number));
            drop(claim);
            assert!(!path.exists());
        }
        assert!(claim(path.clone(), |_| Err(TryLockError::WouldBlock)).unwrap().is_none());
        assert!(claim(path, File::try_lock).unwrap().unwrap().unlocked().is_none());
    }

    #[test]
    fn a_claim_is_free_again_when_its_holder_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let config = StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(1, 1)]);
        let study = Study::create(folder.path(), config).unwrap();
        let trial = study.trial(0).unwrap();
        let claim = study.claim(&trial).unwrap();
        assert!(claim.is_some());
        assert!(study.claim(&trial).unwrap().is_none());
        drop(claim);
        assert!(study.claim(&trial).unwrap().is_some());
    }
}
