//! Reads a small text file whole with a limit, and replaces one at once.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use mup_files::write_durably;

use crate::{FileError, FileProblem};

/// The largest base-shape file that is read: about a million parameters.
pub(crate) const MAX_BYTES: u64 = 64 << 20;

pub(crate) fn read(file: &Path) -> Result<String, FileError> {
    let bytes = read_bytes(file).map_err(|error| FileProblem::Read { reason: error.to_string() });
    let text = bytes.and_then(|bytes| {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(FileProblem::TooLarge { limit: MAX_BYTES });
        }
        if let Some(encoding) = other_encoding(&bytes) {
            return Err(FileProblem::Encoding { encoding });
        }
        let text =
            String::from_utf8(bytes).map(|text| text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text));
        text.map_err(|error| FileProblem::NotUtf8 { offset: error.utf8_error().valid_up_to() })
    });
    text.map_err(|problem| FileError::new(problem).in_file(file))
}

/// The name of an encoding that is not UTF-8: by its byte order mark, or by the zero bytes that ASCII has in it.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    let zeros = |offset: usize| bytes.iter().take(64).skip(offset).step_by(2).all(|byte| *byte == 0);
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] => Some("UTF-16 (little-endian)"),
        [0xfe, 0xff, ..] => Some("UTF-16 (big-endian)"),
        [first, 0, _, _, ..] if *first != 0 && zeros(1) => Some("UTF-16 (little-endian)"),
        [0, first, _, _, ..] if *first != 0 && zeros(0) => Some("UTF-16 (big-endian)"),
        _ => None,
    }
}

/// One byte more than the limit at most, so that a file that grows, or a device, ends too.
fn read_bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes the file durably, so that a reader, or a crash in between, sees the old file or the new one and never a part.
pub(crate) fn replace(file: &Path, text: &str) -> Result<(), FileError> {
    write_durably(file, text.as_bytes())
        .map_err(|error| FileError::new(FileProblem::Write { reason: error.to_string() }).in_file(file))
}
