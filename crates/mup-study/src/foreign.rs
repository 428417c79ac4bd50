//! Folders that are somebody else's.

use std::fs;
use std::path::Path;

use crate::StudyError;

/// A folder with files of its own is somebody else's.
pub(crate) fn refuse_foreign(folder: &Path) -> Result<(), StudyError> {
    for entry in fs::read_dir(folder).map_err(StudyError::io(folder, "read"))? {
        let name = entry.map_err(StudyError::io(folder, "read"))?.file_name();
        if !name.to_string_lossy().starts_with('.') {
            return Err(StudyError::NotAStudy { folder: folder.to_owned(), found: name.into() });
        }
    }
    Ok(())
}
