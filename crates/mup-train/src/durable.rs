//! Writing so that what is written survives a power cut.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::TrainError;
use crate::error::io_error;

/// A new file that is on disk when this returns.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> Result<(), TrainError> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(io_error("write", path))
}

/// A rename within one folder that is on disk when this returns.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), TrainError> {
    fs::rename(from, to).map_err(io_error("rename", from))?;
    sync_folder(to.parent().unwrap_or(Path::new(".")))
}

/// Makes the names in a folder durable. Only Unix lets a folder be opened as a file.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), TrainError> {
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error("sync", folder))?;
    }
    Ok(())
}
