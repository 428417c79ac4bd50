//! Writing one checkpoint: files into a temporary folder, each synced, then the name.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder;
use super::state::{SUMS, digest};
use crate::error::io_error;
use crate::{TrainError, durable};

/// A checkpoint being written; removed again unless [`commit`](Self::commit)ted.
pub(super) struct Writer {
    temporary: PathBuf,
    path: PathBuf,
    sums: String,
}

impl Writer {
    pub(super) fn new(checkpoints: &Path, step: usize) -> Result<Self, TrainError> {
        let temporary = folder::temporary(checkpoints, step);
        fs::create_dir(&temporary).map_err(io_error("create", &temporary))?;
        Ok(Self { temporary, path: folder::at_step(checkpoints, step), sums: String::new() })
    }

    pub(super) fn file(&mut self, name: &str, content: &[u8]) -> Result<(), TrainError> {
        durable::write_file(&self.temporary.join(name), content)?;
        self.sums += &format!("{}  {name}\n", digest(content));
        Ok(())
    }

    /// Gives the checkpoint its name; once this returns, it survives a power cut.
    pub(super) fn commit(self) -> Result<PathBuf, TrainError> {
        durable::write_file(&self.temporary.join(SUMS), self.sums.as_bytes())?;
        durable::sync_folder(&self.temporary)?;
        durable::rename(&self.temporary, &self.path)?;
        Ok(self.path.clone())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Gone already if committed.
        let _ = fs::remove_dir_all(&self.temporary);
    }
}
