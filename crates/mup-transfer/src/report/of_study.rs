//! The report of a study alone, whatever program it tuned.

use std::collections::BTreeMap;
use std::path::Path;

use mup_study::Study;

use super::{Circumstances, Numbers, Report, ReportError};
use crate::choose;

impl Report {
    /// What a study's records say, without a target. What the study was made with is added to the circumstances.
    ///
    /// # Errors
    ///
    /// [`ReportError::Study`] if its records cannot be read, [`ReportError::Choice`] if there is nothing to choose from.
    pub fn of_study(study: &Study, circumstances: Circumstances) -> Result<Self, ReportError> {
        let (config, records) = (study.config(), study.records()?);
        let choice = choose(config, &records)?;
        let mut circumstances = circumstances;
        for (name, value) in &config.made_with {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            circumstances.environment.entry(name.clone()).or_insert(value);
        }
        let title = format!("Study {}", name(study.folder()));
        let numbers = Numbers::new(config.clone(), &records, choice);
        Ok(Self { title, numbers, other_targets: BTreeMap::new(), circumstances, plans: Vec::new() })
    }
}

/// Of `.` too.
fn name(folder: &Path) -> String {
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    absolute.file_name().unwrap_or(absolute.as_os_str()).display().to_string()
}
