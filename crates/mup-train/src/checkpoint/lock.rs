//! One process a folder: two would delete each other's checkpoints.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::TrainError;
use crate::error::io_error;

/// Held until it is dropped, or until the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Locks save from a mistake; where the file system has none, or loses them, a warning says so.
    pub(super) fn take(path: &Path, warn: impl FnMut(String)) -> Result<Self, TrainError> {
        let open = File::options().create(true).append(true).open(path);
        let lock = Self(open.map_err(io_error("write", path))?);
        taken(path, lock.0.try_lock(), warn)?;
        Ok(lock)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A lock belongs to every copy of the open file: a process that another thread starts has one until it runs its
        // program, and closing ours alone would leave the folder locked for that moment.
        let _ = self.0.unlock();
    }
}

fn taken(path: &Path, tried: Result<(), TryLockError>, mut warn: impl FnMut(String)) -> Result<(), TrainError> {
    match tried {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(TrainError::Busy { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => {
            warn(format!("{}: this file system does not lock ({error}); start one process a folder", path.display()));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_free_once_its_lock_is_dropped_even_while_a_process_is_started() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        let take = || Lock::take(&path, |warning| panic!("{warning}"));
        let lock = take().unwrap();
        assert!(matches!(take(), Err(TrainError::Busy { .. })));
        // What a process has between its fork and its program.
        let copy = lock.0.try_clone().unwrap();
        drop(lock);
        let again = take();
        drop(copy);
        again.unwrap();
    }

    #[test]
    fn a_file_system_that_does_not_lock_is_a_warning() {
        let path = Path::new("run/.lock");
        // ENOLCK, ESTALE, EOPNOTSUPP, EIO
        for code in [37, 116, 95, 5] {
            let mut warnings = Vec::new();
            let error = std::io::Error::from_raw_os_error(code);
            taken(path, Err(TryLockError::Error(error)), |warning| warnings.push(warning)).unwrap();
            assert!(warnings[0].contains("run/.lock") && warnings[0].contains(&format!("os error {code}")));
        }
    }
}
