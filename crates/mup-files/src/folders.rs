//! Names in folders: they too have to reach the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Makes the names in a folder durable.
///
/// # Errors
///
/// Those of the file system.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Only Unix lets a folder be opened as a file.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// The folder that a path lies in; the working directory for a name alone.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a folder with those that it lies in. Once this returns, the name of each that was created is on the disk: a
/// file synced into a folder whose own name is lost in a power cut would be lost with it.
///
/// # Errors
///
/// Those of the file system.
pub fn create_folders(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let absent: Vec<PathBuf> = folder
        .ancestors()
        .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
        .map(Path::to_owned)
        .collect();
    fs::create_dir_all(folder)?;
    absent.iter().try_for_each(|created| sync_folder(folder_of(created)))
}

/// Renames within one folder; the new name is on the disk once this returns.
///
/// # Errors
///
/// Those of the file system.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder(folder_of(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_lies_in_the_working_directory() {
        assert_eq!(folder_of(Path::new("metrics.jsonl")), Path::new("."));
        assert_eq!(folder_of(Path::new("run/metrics.jsonl")), Path::new("run"));
        assert_eq!(folder_of(Path::new("/")), Path::new("."));
        assert!(sync_folder(folder_of(Path::new("metrics.jsonl"))).is_ok());
    }

    #[test]
    fn folders_are_created_with_their_parents_and_a_file_in_the_way_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        create_folders(&deep).unwrap();
        create_folders(&deep).unwrap();
        assert!(deep.is_dir());
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(create_folders(&folder.path().join("file/b")).is_err());
    }
}
