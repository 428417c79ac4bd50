//! Whether a study is still what it was when it was opened: it may be moved, deleted or edited while it runs.

use std::fs;
use std::io::ErrorKind;

use super::{Study, StudyConfig, file};
use crate::{Difference, StudyError};

impl Study {
    /// Whether `study.toml` still says which trials there are, and the same ones: for whoever goes on with it.
    ///
    /// # Errors
    ///
    /// [`StudyError::Gone`], [`StudyError::Edited`]; what is wrong with the file.
    pub(crate) fn refuse_changed(&self) -> Result<(), StudyError> {
        let path = self.description();
        let content = match fs::read(&path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(StudyError::Gone { folder: self.folder.clone(), moved: !self.folder.is_dir() });
            }
            content => content.map_err(StudyError::io(&path, "read"))?,
        };
        let (now, _) = file::from_bytes(&content, &path)?;
        let differences = Difference::between(&self.config.deciding(), &now.deciding());
        if differences.is_empty() { Ok(()) } else { Err(StudyError::Edited { path, differences }) }
    }
}

impl StudyConfig {
    /// What decides which trials there are and how they are run and judged.
    fn deciding(&self) -> serde_json::Value {
        Self { target: toml::Table::new(), space: self.space.undeclared(), ..self.clone() }.identity()
    }
}
