//! Finding text files and making sure that they are text, without holding them.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use mup_files::Sha256;

use super::looks::{CONTEXT, Looks};
use super::skipped::Skipped;
use super::survey::{MARK, Survey};
use crate::DataError;

const PIECE: usize = 1 << 20;

/// What was read of the text so far.
#[derive(Clone, Default)]
pub(super) struct Seen {
    pub(super) hash: Sha256,
    pub(super) survey: Survey,
}

/// A text file: its path, bytes of a byte order mark at its beginning, and bytes of text.
pub(super) type TextFile = (PathBuf, u64, u64);

/// Text files below a folder, and what was skipped.
pub(super) fn text_files(folder: &Path, seen: &mut Seen) -> Result<(Vec<TextFile>, Skipped), DataError> {
    let (mut paths, mut skipped) = (Vec::new(), Skipped::default());
    regular_files(folder, folder, &mut paths, &mut skipped)?;
    let mut files = Vec::new();
    for path in paths {
        let before = seen.clone();
        let reason = match check(&path, seen) {
            Ok((mark, n_bytes)) => {
                files.push((path, mark, n_bytes));
                continue;
            }
            // A folder of texts may hold a picture; it may not hold a text that cannot be opened.
            Err(DataError::NotUtf8 { looks, .. }) => looks.name(),
            Err(DataError::Empty { .. }) => "empty",
            Err(error) => return Err(error),
        };
        *seen = before;
        skipped.add(path.strip_prefix(folder).unwrap_or(&path), reason);
    }
    Ok((files, skipped))
}

/// Bytes of a file's byte order mark and of its text, which is added to what was seen.
pub(super) fn check(path: &Path, seen: &mut Seen) -> Result<(u64, u64), DataError> {
    let mut file = File::open(path).map_err(DataError::file("read", path))?;
    // `checked` bytes were text; `bytes` begins with what is left of a character that was cut.
    let (mut mark, mut checked, mut bytes, mut before) = (0, 0, Vec::with_capacity(PIECE), Vec::new());
    loop {
        let room = (PIECE - bytes.len()) as u64;
        let n = file.by_ref().take(room).read_to_end(&mut bytes).map_err(DataError::file("read", path))?;
        let first = mark + checked == 0;
        let end = text_end(&bytes, n == 0).map_err(|place| {
            let position = mark + checked + place as u64;
            let is_whole = before.len() as u64 == mark + checked;
            let looks = Looks::of(&[&before[..], &bytes].concat(), before.len() + place, is_whole);
            DataError::NotUtf8 { path: path.to_owned(), position, looks }
        })?;
        if first {
            mark = length_of_marks(&bytes[..end]) as u64;
            seen.survey.marked_files += u64::from(mark > 0);
        }
        let text = if first { &bytes[mark as usize..end] } else { &bytes[..end] };
        seen.hash.update(text);
        seen.survey.add(text);
        checked += text.len() as u64;
        if end > 0 {
            before = bytes[end.saturating_sub(CONTEXT)..end].to_vec();
        }
        bytes.drain(..end);
        if n == 0 {
            let but = if mark > 0 { " but for a byte order mark" } else { "" };
            let name = || format!("{}{but}", path.display());
            return if checked == 0 { Err(DataError::Empty { name: name() }) } else { Ok((mark, checked)) };
        }
    }
}

/// Of the byte order marks at the beginning; a file that was saved twice with one has two.
pub(super) fn length_of_marks(mut bytes: &[u8]) -> usize {
    let all = bytes.len();
    while let Some(rest) = bytes.strip_prefix(MARK) {
        bytes = rest;
    }
    all - bytes.len()
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

/// Regular files below a folder in order of their paths; links are skipped, hidden entries are not looked at.
fn regular_files(root: &Path, folder: &Path, found: &mut Vec<PathBuf>, skipped: &mut Skipped) -> Result<(), DataError> {
    let unreadable = || DataError::file("read", folder);
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).map_err(unreadable())?.collect();
    let mut entries = entries.map_err(unreadable())?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable())?);
        let within = path.strip_prefix(root).unwrap_or(&path);
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            regular_files(root, &path, found, skipped)?;
        } else if kind.is_file() {
            found.push(path);
        } else if kind.is_symlink() {
            skipped.add(within, "a link");
        } else {
            skipped.add(within, "no regular file");
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
        let mut seen = Seen::default();
        assert_eq!(check(&path, &mut seen).unwrap(), (0, text.len() as u64));
        assert_eq!(seen.hash.finish(), mup_files::sha256(text.as_bytes()));
        for (wrong, place) in [(&b"\xff"[..], 0), (b"ab\0", 2), (b"\xc3", 0)] {
            fs::write(&path, [text.as_bytes(), wrong].concat()).unwrap();
            let error = check(&path, &mut Seen::default()).unwrap_err().to_string();
            assert!(error.contains(&format!("byte {}", text.len() + place)), "{error}");
        }
    }
}
