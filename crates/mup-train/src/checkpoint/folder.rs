//! Names in the folder of checkpoints.

use std::fs;
use std::path::{Path, PathBuf};

use mup_files::rename;

use crate::TrainError;
use crate::error::io_error;

/// The folder of the checkpoint at a step.
pub(super) fn at_step(checkpoints: &Path, step: usize) -> PathBuf {
    checkpoints.join(format!("step-{step:08}"))
}

/// A name for a checkpoint that is being written or deleted.
pub(super) fn temporary(checkpoints: &Path, step: usize) -> PathBuf {
    checkpoints.join(format!(".step-{step:08}"))
}

/// Steps of the checkpoints, oldest first, damaged ones that were not set aside included.
pub(super) fn steps(checkpoints: &Path) -> Result<Vec<usize>, TrainError> {
    let step = |name: &str| name.strip_prefix("step-").and_then(|digits| digits.parse().ok());
    let mut steps: Vec<usize> = names(checkpoints)?.iter().filter_map(|name| step(name)).collect();
    steps.sort_unstable();
    Ok(steps)
}

/// Removes what a killed process left half-written or half-deleted.
pub(super) fn remove_temporaries(checkpoints: &Path) -> Result<(), TrainError> {
    for name in names(checkpoints)?.iter().filter(|name| name.starts_with(".step-")) {
        let path = checkpoints.join(name);
        fs::remove_dir_all(&path).map_err(io_error("remove", &path))?;
    }
    Ok(())
}

/// Deletes a checkpoint, which is at no moment there in part.
pub(super) fn delete(checkpoints: &Path, step: usize) -> Result<(), TrainError> {
    let temporary = temporary(checkpoints, step);
    let path = at_step(checkpoints, step);
    rename(&path, &temporary).map_err(io_error("rename", &path))?;
    fs::remove_dir_all(&temporary).map_err(io_error("remove", &temporary))
}

fn names(checkpoints: &Path) -> Result<Vec<String>, TrainError> {
    let read = || {
        let entries = fs::read_dir(checkpoints)?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<std::io::Result<_>>()
    };
    read().map_err(io_error("read", checkpoints))
}
