//! Putting a file or folder out of the way without losing it or what was put there before.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::folders::{folder_of, sync_folder};

/// Renames a file or folder to `NAME.WHY`, or to the first of `NAME.WHY.2`, `NAME.WHY.3`, … that is free, and returns the
/// new name; none if nothing is there (any more: another worker may have come first).
///
/// # Errors
///
/// Those of the file system.
pub fn set_aside(path: &Path, why: &str) -> io::Result<Option<PathBuf>> {
    let is_folder = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.is_dir(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let reserved = reserve(path, why, is_folder)?;
    let renamed = fs::rename(path, &reserved);
    if renamed.is_err() {
        let _ = if is_folder { fs::remove_dir(&reserved) } else { fs::remove_file(&reserved) };
    }
    match renamed {
        Ok(()) => sync_folder(folder_of(path)).map(|()| Some(reserved)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes the first free name, so that of two workers each has one of its own: a rename overwrites without a word.
fn reserve(path: &Path, why: &str, is_folder: bool) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(if number == 1 { format!(".{why}") } else { format!(".{why}.{number}") });
        let candidate = path.with_file_name(name);
        let taken = if is_folder { fs::create_dir(&candidate) } else { File::create_new(&candidate).map(drop) };
        match taken {
            Ok(()) => return Ok(candidate),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_set_aside_is_ever_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        for (content, name) in [("1", "a.json.damaged"), ("2", "a.json.damaged.2"), ("3", "a.json.damaged.3")] {
            fs::write(&path, content).unwrap();
            assert_eq!(set_aside(&path, "damaged").unwrap(), Some(folder.path().join(name)));
        }
        for (name, content) in [("a.json.damaged", "1"), ("a.json.damaged.2", "2"), ("a.json.damaged.3", "3")] {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), content);
        }
        assert_eq!(set_aside(&path, "damaged").unwrap(), None, "another worker came first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn folders_are_set_aside_with_what_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("step");
        for name in ["step.damaged", "step.damaged.2"] {
            fs::create_dir(&path).unwrap();
            fs::write(path.join("file"), name).unwrap();
            let aside = set_aside(&path, "damaged").unwrap().unwrap();
            assert_eq!(aside, folder.path().join(name));
            assert_eq!(fs::read_to_string(aside.join("file")).unwrap(), name);
        }
    }
}
