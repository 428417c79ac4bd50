//! Who works on what: a lock that the system takes back from whoever dies.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::quote::quoted;
use crate::{Study, StudyError, StudyTrial};

/// Bytes of a holder's name that are read.
const HOLDER: u64 = 400;

/// Who has a trial.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// This worker.
    Here(Claim),
    /// Another one, in words.
    Elsewhere(String),
}

/// A worker's hold on a trial, until it is dropped. It only saves work: without it two workers write the same record.
#[derive(Debug)]
pub(crate) struct Claim {
    file: File,
    path: PathBuf,
    unlocked: Option<io::Error>,
}

impl Study {
    /// Claims a trial, unless another worker has it.
    ///
    /// Where the file system gives no locks, for whatever reason, every claim succeeds; [`Claim::unlocked`] says why.
    ///
    /// # Errors
    ///
    /// [`StudyError::Io`] if the file to lock cannot be made.
    pub(crate) fn claim(&self, trial: &StudyTrial) -> Result<Claimed, StudyError> {
        claim(self.make_logs()?.join(format!(".{}.lock", trial.name())), File::try_lock)
    }
}

fn claim(path: PathBuf, lock: impl FnOnce(&File) -> Result<(), TryLockError>) -> Result<Claimed, StudyError> {
    // What its holder wrote into it stays until it is locked here.
    let opened = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = opened.map_err(StudyError::io(&path, "create"))?;
    let unlocked = match lock(&file) {
        Ok(()) => {
            // For people, so that whoever waits can say for whom; without it that is an unknown process.
            let _ = file.set_len(0).and_then(|()| file.write_all(this_process().as_bytes()));
            None
        }
        Err(TryLockError::WouldBlock) => return Ok(Claimed::Elsewhere(holder(&file))),
        // NFS without its lock daemon, FUSE, a container's policy: there are as many errors as file systems.
        Err(TryLockError::Error(error)) => Some(error),
    };
    Ok(Claimed::Here(Claim { file, path, unlocked }))
}

fn this_process() -> String {
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let place = if machine.trim().is_empty() { String::new() } else { format!(" on {}", machine.trim()) };
    format!("process {}{place}", std::process::id())
}

fn holder(file: &File) -> String {
    let mut text = String::new();
    let read = file.take(HOLDER).read_to_string(&mut text);
    if read.is_err() || text.trim().is_empty() { "another process".to_owned() } else { quoted(text.trim(), 0, 200) }
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

    fn here(claimed: Claimed) -> Claim {
        match claimed {
            Claimed::Here(claim) => claim,
            Claimed::Elsewhere(holder) => panic!("claimed by {holder}: it only saves work"),
        }
    }

    #[test]
    fn no_refusal_of_a_lock_keeps_anyone_from_working() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        // EPERM, EIO, EBADF, EACCES, EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP, ESTALE.
        for number in [1, 5, 9, 13, 22, 37, 38, 95, 116] {
            let refuse = |_: &File| Err(TryLockError::Error(io::Error::from_raw_os_error(number)));
            let claim = here(claim(path.clone(), refuse).unwrap());
            assert_eq!(claim.unlocked().and_then(io::Error::raw_os_error), Some(number));
            drop(claim);
            assert!(!path.exists());
        }
        let elsewhere = claim(path.clone(), |_| Err(TryLockError::WouldBlock)).unwrap();
        assert!(matches!(elsewhere, Claimed::Elsewhere(holder) if holder == "another process"));
        assert!(here(claim(path, File::try_lock).unwrap()).unlocked().is_none());
    }

    #[test]
    fn a_claim_is_free_again_when_its_holder_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let config = StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(1, 1)]);
        let study = Study::create(folder.path(), config).unwrap();
        let trial = study.trial(0).unwrap();
        let claim = here(study.claim(&trial).unwrap());
        let Claimed::Elsewhere(holder) = study.claim(&trial).unwrap() else { panic!("claimed twice") };
        assert!(holder.starts_with(&format!("process {}", std::process::id())), "{holder}");
        drop(claim);
        here(study.claim(&trial).unwrap());
    }
}
