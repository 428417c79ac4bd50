//! `settings.json`: what the runs of a folder share, where no study says so.

use std::fs;
use std::io;
use std::path::Path;

use mup_files::{create_exclusively, create_folders};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::file::no_json;
use crate::foreign::{refuse_file, refuse_foreign};
use crate::{Difference, StudyError};

const FILE: &str = "settings.json";
const VERSION: u32 = 1;
/// What versions before this one wrote.
const OLD: &str = "archive.json";

#[derive(Serialize, Deserialize)]
struct SettingsFile {
    version: u32,
    settings: Value,
}

/// Creates the folder, or compares its settings. Of two processes that create it with different ones exactly one does.
pub(super) fn check(folder: &Path, settings: &Value) -> Result<(), StudyError> {
    refuse_file(folder, "give a folder")?;
    create_folders(folder).map_err(StudyError::io(folder, "create"))?;
    let path = folder.join(FILE);
    if !path.exists() {
        let old = folder.join(OLD);
        if old.exists() {
            return Err(StudyError::OldArchive { path: old });
        }
        refuse_foreign(folder, &path)?;
        let file = SettingsFile { version: VERSION, settings: settings.clone() };
        let text = serde_json::to_string_pretty(&file).expect("bug: JSON is always JSON") + "\n";
        if create_exclusively(&path, text.as_bytes()).map_err(StudyError::io(&path, "write"))? {
            return Ok(());
        }
    }
    compare(folder, &read(&path)?, settings)
}

fn read(path: &Path) -> Result<Value, StudyError> {
    let unreadable = |reason: String| StudyError::Unreadable { path: path.to_owned(), reason };
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(unreadable("it is gone".to_owned())),
        text => text.map_err(StudyError::io(path, "read"))?,
    };
    let file: SettingsFile = serde_json::from_slice(&text).map_err(|error| unreadable(no_json(&error)))?;
    if file.version == VERSION {
        return Ok(file.settings);
    }
    Err(unreadable(format!("version {} where this program knows {VERSION}", file.version)))
}

fn compare(folder: &Path, there: &Value, asked: &Value) -> Result<(), StudyError> {
    let differences = Difference::between(there, asked);
    if differences.is_empty() {
        return Ok(());
    }
    Err(StudyError::OtherConfiguration { folder: folder.to_owned(), differences })
}
