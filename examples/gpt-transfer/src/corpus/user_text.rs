//! A text of the user's: one file, or all text files of a folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::CorpusError;

pub(super) fn read(path: &Path) -> Result<(String, Vec<u8>), CorpusError> {
    let kind = fs::metadata(path).map_err(|source| CorpusError::Unreadable { path: path.to_owned(), source })?;
    let name = path.display().to_string();
    if !kind.is_dir() {
        return Ok((name, read_file(path)?));
    }
    let mut paths = Vec::new();
    files(path, &mut paths)?;
    let (mut text, mut n_read, mut n_skipped) = (Vec::new(), 0, 0);
    for file in paths {
        match read_file(&file) {
            Ok(content) => {
                text.extend(content);
                n_read += 1;
            }
            // A folder of texts may hold a picture; it may not hold a text that cannot be opened.
            Err(CorpusError::Binary { .. } | CorpusError::Empty { .. }) => n_skipped += 1,
            Err(error) => return Err(error),
        }
    }
    if n_read == 0 {
        return Err(CorpusError::NoText { path: path.to_owned(), n_skipped });
    }
    Ok((format!("{name} ({n_read} text files, {n_skipped} others skipped)"), text))
}

fn read_file(path: &Path) -> Result<Vec<u8>, CorpusError> {
    let bytes = fs::read(path).map_err(|source| CorpusError::Unreadable { path: path.to_owned(), source })?;
    if bytes.is_empty() {
        return Err(CorpusError::Empty { path: path.to_owned() });
    }
    // A zero byte is valid UTF-8, but no text has one.
    let zero = bytes.iter().position(|byte| *byte == 0);
    let invalid = std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to());
    match zero.into_iter().chain(invalid).min() {
        Some(position) => Err(CorpusError::Binary { path: path.to_owned(), position }),
        None => Ok(bytes),
    }
}

/// Regular files below a folder in order of their paths; hidden entries and links are left out.
fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), CorpusError> {
    let unreadable = |source| CorpusError::Unreadable { path: folder.to_owned(), source };
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).map_err(unreadable)?.collect();
    let mut entries = entries.map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(unreadable)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            files(&entry.path(), found)?;
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
    fn a_folder_is_joined_in_order_without_binaries_and_hidden_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        write("c.txt", b"three");
        write("b/x.txt", "zwö".as_bytes());
        write("a.txt", b"one");
        write("picture.png", &[0x89, 0x50, 0xff]);
        write("zero", b"te\0xt");
        write(".hidden", b"no");
        let (name, text) = read(folder.path()).unwrap();
        assert_eq!(text, "onezwöthree".as_bytes());
        assert!(name.ends_with("(3 text files, 2 others skipped)"), "{name}");
    }
}
