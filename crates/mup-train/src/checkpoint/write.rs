//! Writing one checkpoint: files into a temporary folder, each synced, then the name.

use std::fs;
use std::path::{Path, PathBuf};

use mup_files::{rename, sha256, sync_folder, write_new};

use super::folder;
use super::state::SUMS;
use crate::TrainError;
use crate::error::io_error;

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
        let path = self.temporary.join(name);
        write_new(&path, content).map_err(io_error("write", &path))?;
        self.sums += &format!("{}  {name}\n", sha256(content));
        Ok(())
    }

    /// Gives the checkpoint its name; once this returns, it survives a power cut.
    pub(super) fn commit(self) -> Result<PathBuf, TrainError> {
        let path = self.temporary.join(SUMS);
        write_new(&path, self.sums.as_bytes()).map_err(io_error("write", &path))?;
        sync_folder(&self.temporary).map_err(io_error("sync", &self.temporary))?;
        rename(&self.temporary, &self.path).map_err(io_error("rename", &self.temporary))?;
        Ok(self.path.clone())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Gone already if committed.
        let _ = fs::remove_dir_all(&self.temporary);
    }
}
