//! Reads a small text file whole with a limit, and replaces one at once.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{FileError, FileProblem};

/// The largest base-shape file that is read: about a million parameters.
pub(crate) const MAX_BYTES: u64 = 64 << 20;

pub(crate) fn read(file: &Path) -> Result<String, FileError> {
    let bytes = read_bytes(file).map_err(|error| FileProblem::Read { reason: error.to_string() });
    let text = bytes.and_then(|bytes| {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(FileProblem::TooLarge { limit: MAX_BYTES });
        }
        String::from_utf8(bytes).map_err(|error| FileProblem::NotUtf8 { offset: error.utf8_error().valid_up_to() })
    });
    text.map_err(|problem| FileError::new(problem).in_file(file))
}

/// One byte more than the limit at most, so that a file that grows, or a device, ends too.
fn read_bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes beside the file and renames, so that a reader, or a crash in between, sees the old file or the
/// new one and never a part.
pub(crate) fn replace(file: &Path, text: &str) -> Result<(), FileError> {
    let beside = beside(file);
    let written = write_synced(&beside, text).and_then(|()| fs::rename(&beside, file));
    written.map_err(|error| {
        // The first error is the one to report.
        let _ = fs::remove_file(&beside);
        FileError::new(FileProblem::Write { reason: error.to_string() }).in_file(file)
    })
}

fn write_synced(file: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create_new(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn beside(file: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{nanos}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    file.with_file_name(name)
}
