//! Folders that are somebody else's, or none.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use mup_files::{folder_of, sync_folder};

use crate::StudyError;

/// A folder with files of its own is somebody else's, unless it has records: they say whose they are, so its description is
/// lost and may be written again. Another process may write it meanwhile.
pub(crate) fn refuse_foreign(folder: &Path, description: &Path) -> Result<(), StudyError> {
    match refuse_files(folder) {
        Err(error) if !folder.join("trials").is_dir() && !description.exists() => Err(error),
        _ => Ok(()),
    }
}

fn refuse_files(folder: &Path) -> Result<(), StudyError> {
    for entry in fs::read_dir(folder).map_err(StudyError::io(folder, "read"))? {
        let name = entry.map_err(StudyError::io(folder, "read"))?.file_name();
        if !name.to_string_lossy().starts_with('.') {
            return Err(StudyError::NotAStudy { folder: folder.to_owned(), found: name.into() });
        }
    }
    Ok(())
}

/// Makes a folder in one that is there: to make that one as well would leave a folder without a study where one was that
/// somebody moved.
pub(crate) fn create_inside(folder: &Path) -> Result<(), StudyError> {
    match fs::create_dir(folder) {
        Ok(()) => sync_folder(folder_of(folder)).map_err(StudyError::io(folder, "create")),
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(StudyError::Gone { folder: folder_of(folder).to_owned(), moved: true })
        }
        Err(error) => Err(StudyError::io(folder, "create")(error)),
    }
}

/// A file where a folder of a study is to be, or one that it would lie in.
pub(crate) fn refuse_file(folder: &Path, remedy: &str) -> Result<(), StudyError> {
    let is_file = |path: &&Path| fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir());
    match folder.ancestors().find(is_file) {
        Some(file) => Err(StudyError::NotAFolder { path: file.to_owned(), remedy: remedy.to_owned() }),
        None => Ok(()),
    }
}

/// A file in the place of a study's folder: mostly one of those in it.
pub(crate) fn refuse_file_as_study(folder: &Path) -> Result<(), StudyError> {
    let inside = folder.ancestors().skip(1).find(|above| above.join("study.toml").is_file());
    let remedy = match inside.map(|study| folder_of(&study.join("study.toml")).display().to_string()) {
        Some(study) => format!("give the study's folder, {study}"),
        None => "give the folder of a study, or another name for a new one".to_owned(),
    };
    refuse_file(folder, &remedy)
}
