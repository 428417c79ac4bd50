//! More trials, or another target, for a study that is there: what leaves every record in its folder.

use std::path::Path;

use mup_files::write_durably;

use super::Study;
use crate::{Difference, StudyConfig, StudyError};

impl Study {
    /// Creates a study, or continues the one in the folder, also with more trials than it has or with another target: then
    /// `study.toml` is changed, and what was changed is returned. No record is touched, and those of new samples go on
    /// belonging. Of more samples the best are drawn anew: what a later stage of `best` has finished for samples that are no
    /// longer among them stays in its folder and is counted ([`Others`](crate::Others)); the inverse edit brings it back.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create), which says what else differs. [`StudyError::ByHand`]: a `study.toml` that was
    /// written or edited by hand is left to its author.
    pub fn create_or_extend(folder: &Path, config: StudyConfig) -> Result<(Self, Vec<Difference>), StudyError> {
        let refused = match Self::create(folder, config.clone()) {
            Ok(study) => return Ok((study, Vec::new())),
            Err(error) => error,
        };
        let StudyError::OtherConfiguration { differences, .. } = &refused else { return Err(refused) };
        let (differences, there) = (differences.clone(), Self::open(folder)?);
        let Some(extended) = there.config.extended(&config) else { return Err(refused) };
        let path = there.description();
        let written = std::fs::read_to_string(&path).map_err(StudyError::io(&path, "read"))?;
        if written != there.config.to_toml() {
            return Err(StudyError::ByHand { path, differences });
        }
        write_durably(&path, extended.to_toml().as_bytes()).map_err(StudyError::io(&path, "write"))?;
        Ok((Self::open(folder)?, differences))
    }
}

impl StudyConfig {
    /// This with the other's trials and target, unless the two differ in more, or the other has fewer trials.
    fn extended(&self, other: &Self) -> Option<Self> {
        let fewer = |(here, there): (&super::Stage, &super::Stage)| there.trials < here.trials;
        if self.stages.len() != other.stages.len() || self.stages.iter().zip(&other.stages).any(fewer) {
            return None;
        }
        let mut extended = Self { target: other.target.clone(), ..self.clone() };
        extended.stages.iter_mut().zip(&other.stages).for_each(|(here, there)| here.trials = there.trials);
        // What extended it is part of how it was made.
        let command =
            |made_with: &toml::Table| made_with.get("command").and_then(|one| one.as_str().map(str::to_owned));
        if let (Some(first), Some(then)) = (command(&self.made_with), command(&other.made_with)) {
            extended.made_with.insert("command".to_owned(), format!("{first}\n{then}").into());
        }
        (extended.identity() == other.identity()).then_some(extended)
    }
}
