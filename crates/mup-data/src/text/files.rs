//! Finding text files and making sure that they are text, without holding them.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use mup_files::Sha256;

use crate::DataError;

const PIECE: usize = 1 << 20;

/// Text files below a folder with their lengths, and how many files were skipped.
pub(super) fn text_files(folder: &Path, hash: &mut Sha256) -> Result<(Vec<(PathBuf, u64)>, usize), DataError> {
    let mut paths = Vec::new();
    regular_files(folder, &mut paths)?;
    let (mut files, mut n_skipped) = (Vec::new(), 0);
    for path in paths {
        let before = hash.clone();
        match check(&path, hash) {
            Ok(n_bytes) => files.push((path, n_bytes)),
            // A folder of texts may hold a picture; it may not hold a text that cannot be opened.
            Err(DataError::Binary { .. } | DataError::Empty { .. }) => {
                *hash = before;
                n_skipped += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok((files, n_skipped))
}

/// Bytes of a text file, which are added to the hash.
pub(super) fn check(path: &Path, hash: &mut Sha256) -> Result<u64, DataError> {
    let mut file = File::open(path).map_err(DataError::file("read", path))?;
    // `checked` bytes were text; `bytes` begins with what is left of a character that was cut.
    let (mut checked, mut bytes) = (0, Vec::with_capacity(PIECE));
    loop {
        let room = (PIECE - bytes.len()) as u64;
        let n = file.by_ref().take(room).read_to_end(&mut bytes).map_err(DataError::file("read", path))?;
        let end = text_end(&bytes, n == 0).map_err(|place| {
            let position = checked + place as u64;
            DataError::Binary { path: path.to_owned(), position }
        })?;
        hash.update(&bytes[..end]);
        checked += end as u64;
        bytes.drain(..end);
        if n == 0 {
            return if checked == 0 { Err(DataError::Empty { name: path.display().to_string() }) } else { Ok(checked) };
        }
    }
}

/// How many bytes are whole characters; or the place of the first byte that no text has.
fn text_end(bytes: &[u8], last: bool) -> Result<usize, usize> {
    let (end, invalid) = match std::str::from_utf8(bytes) {
        Ok(_) => (bytes.len(), None),
        Err(error) if error.error_len().is_none() && !last => (error.valid_up_to(), None),
        Err(error) => (error.valid_up_to(), Some(error.valid_up_to())),
    };
    // A zero byte is valid UTF-8, but no text has one.
    match bytes[..end].iter().position(|byte| *byte == 0).or(invalid) {
        Some(place) => Err(place),
        None => Ok(end),
    }
}

/// Regular files below a folder in order of their paths; hidden entries and links are left out.
fn regular_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), DataError> {
    let unreadable = || DataError::file("read", folder);
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).map_err(unreadable())?.collect();
    let mut entries = entries.map_err(unreadable())?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(unreadable())?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            regular_files(&entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_across_two_pieces_is_text_and_a_wrong_byte_is_named_by_its_position() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut text = "é".repeat(PIECE);
        text.insert(0, 'x');
        fs::write(&path, &text).unwrap();
        let mut hash = Sha256::default();
        assert_eq!(check(&path, &mut hash).unwrap(), text.len() as u64);
        assert_eq!(hash.finish(), mup_files::sha256(text.as_bytes()));
        for (wrong, place) in [(&b"\xff"[..], 0), (b"ab\0", 2), (b"\xc3", 0)] {
            fs::write(&path, [text.as_bytes(), wrong].concat()).unwrap();
            let error = check(&path, &mut Sha256::default()).unwrap_err().to_string();
            assert!(error.contains(&format!("byte {}", text.len() + place)), "{error}");
        }
    }
}
