//! Files that are whole or absent, whatever happens to the process or the machine.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::DataError;

/// A file that appears under its name only when it is complete. Dropped before, it leaves nothing; killed before, it
/// leaves a hidden `.NAME.….tmp` that nobody reads.
#[derive(Debug)]
pub(crate) struct DurableFile {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
}

impl DurableFile {
    pub(crate) fn create(path: &Path) -> Result<Self, DataError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Two workers must not write the same temporary file; process ids repeat from machine to machine.
        let number = RandomState::new().build_hasher().finish();
        let temporary = path.with_file_name(format!(".{name}.{number:016x}.tmp"));
        let file = File::create(&temporary).map_err(DataError::file("write", path))?;
        Ok(Self { path: path.to_owned(), temporary, file: BufWriter::with_capacity(1 << 18, file) })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        self.file.write_all(bytes).map_err(DataError::file("write", &self.path))
    }

    /// Content and name are on the disk once this returns.
    pub(crate) fn commit(mut self) -> Result<(), DataError> {
        let file = || DataError::file("write", &self.path);
        self.file.flush().map_err(file())?;
        self.file.get_ref().sync_all().map_err(file())?;
        fs::rename(&self.temporary, &self.path).map_err(file())?;
        sync_folder(&self.path)
    }
}

impl Drop for DurableFile {
    fn drop(&mut self) {
        // After a commit there is none.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// A small file at once.
pub(crate) fn write_durably(path: &Path, content: &[u8]) -> Result<(), DataError> {
    let mut file = DurableFile::create(path)?;
    file.write(content)?;
    file.commit()
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), DataError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(DataError::file("write", folder))
}

/// Only Unix lets a folder be opened as a file.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> Result<(), DataError> {
    Ok(())
}
