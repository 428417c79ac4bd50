//! More trials, another target or other circumstances for a study that is there: what leaves every record in its folder.

use std::path::Path;

use mup_files::write_durably;
use serde_json::json;

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
        there.rewritten(&extended, differences)
    }

    /// The study with these entries of [`made_with`](StudyConfig::made_with), such as where a file of it is now: no number
    /// follows from them, so every record goes on belonging. What was changed is returned.
    ///
    /// # Errors
    ///
    /// [`StudyError::ByHand`], as of [`create_or_extend`](Self::create_or_extend); the file system's.
    pub fn remade_with(self, made_with: toml::Table) -> Result<(Self, Vec<Difference>), StudyError> {
        let mut remade = self.config.clone();
        remade.made_with.extend(made_with);
        let json = |config: &StudyConfig| json!({ "made-with": &config.made_with });
        let differences = Difference::between(&json(&self.config), &json(&remade));
        if differences.is_empty() { Ok((self, differences)) } else { self.rewritten(&remade, differences) }
    }

    /// With another description, unless a person wrote this one.
    fn rewritten(
        &self,
        config: &StudyConfig,
        differences: Vec<Difference>,
    ) -> Result<(Self, Vec<Difference>), StudyError> {
        let path = self.description();
        let written = std::fs::read_to_string(&path).map_err(StudyError::io(&path, "read"))?;
        if written != self.config.to_toml() {
            return Err(StudyError::ByHand { path, differences });
        }
        write_durably(&path, config.to_toml().as_bytes()).map_err(StudyError::io(&path, "write"))?;
        Ok((Self::open(&self.folder)?, differences))
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
