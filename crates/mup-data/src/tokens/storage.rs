//! Where the bytes of tokens are, read by position.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::DataError;

/// Bytes of a file or of memory; cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Storage {
    File(Arc<OpenFile>),
    Memory { name: Arc<str>, bytes: Arc<Vec<u8>> },
}

/// As it was when it was opened.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    file: File,
    n_bytes: u64,
    modified: Option<SystemTime>,
}

impl Storage {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(DataError::file("open", path))?;
        let metadata = file.metadata().map_err(DataError::file("look at", path))?;
        if metadata.is_dir() {
            return Err(DataError::Unusable { path: path.to_owned(), reason: of_folder(path) });
        }
        if !metadata.is_file() {
            return Err(DataError::Unusable { path: path.to_owned(), reason: "it is no regular file".to_owned() });
        }
        let (n_bytes, modified) = (metadata.len(), metadata.modified().ok());
        Ok(Self::File(Arc::new(OpenFile { path: path.to_owned(), file, n_bytes, modified })))
    }

    pub(super) fn memory(name: &str, bytes: Vec<u8>) -> Self {
        Self::Memory { name: name.into(), bytes: Arc::new(bytes) }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::File(file) => file.path.display().to_string(),
            Self::Memory { name, .. } => name.to_string(),
        }
    }

    pub(super) fn is_memory(&self) -> bool {
        matches!(self, Self::Memory { .. })
    }

    pub(super) fn n_bytes(&self) -> u64 {
        match self {
            Self::File(file) => file.n_bytes,
            Self::Memory { bytes, .. } => bytes.len() as u64,
        }
    }

    /// Fills `bytes` from `position` on, which has to be within.
    pub(super) fn read(&self, position: u64, bytes: &mut [u8]) -> Result<(), DataError> {
        match self {
            Self::File(file) => read_exact_at(&file.file, bytes, position).map_err(|error| file.unread(error)),
            Self::Memory { bytes: all, .. } => {
                let start = position as usize;
                bytes.copy_from_slice(&all[start..start + bytes.len()]);
                Ok(())
            }
        }
    }

    /// Notices a file that was cut, appended to or written over since it was opened, as far as length and time tell.
    pub(super) fn check_unchanged(&self) -> Result<(), DataError> {
        match self {
            Self::File(file) => {
                let metadata = file.file.metadata().map_err(DataError::file("look at", &file.path))?;
                file.compare(&metadata)
            }
            Self::Memory { .. } => Ok(()),
        }
    }
}

/// Why a folder is refused: several shards are not one sequence.
fn of_folder(path: &Path) -> String {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "bin"));
    names.sort();
    let for_example = names.first().map_or(String::new(), |name| format!(", such as {name}"));
    format!("it is a folder; give one file of tokens{for_example}")
}

impl OpenFile {
    fn compare(&self, now: &Metadata) -> Result<(), DataError> {
        let what = if now.len() != self.n_bytes {
            format!("{} bytes when it was opened, {} now", self.n_bytes, now.len())
        } else if now.modified().ok() != self.modified {
            "it was written to".to_owned()
        } else {
            return Ok(());
        };
        Err(DataError::Changed { name: self.path.display().to_string(), what })
    }

    fn unread(&self, error: io::Error) -> DataError {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            let what = format!("it is shorter than the {} bytes that it had", self.n_bytes);
            return DataError::Changed { name: self.path.display().to_string(), what };
        }
        DataError::File { doing: "read", path: self.path.clone(), source: error }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], position: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, position)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut position: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, position) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => (bytes, position) = (&mut bytes[n..], position + n as u64),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
