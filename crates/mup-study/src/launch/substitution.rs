//! A trial's command and variables: the study's words with the trial's values in them.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::placeholders::{Template, names, variable};
use crate::{Setting, Study, StudyTrial};

/// The words of a command. Paths are put in as they are, whatever bytes they have; what was put in is not looked at again.
pub(super) fn words(study: &Study, command: &[String], trial: &StudyTrial, file: &Path) -> io::Result<Vec<OsString>> {
    let (folder, this) = (std::path::absolute(study.folder())?, std::env::current_exe()?);
    let value = |name: &str| match name {
        "seed" => trial.seed.to_string().into(),
        "steps" => trial.steps.to_string().into(),
        "file" => file.into(),
        "study" => folder.clone().into(),
        "self" => this.clone().into(),
        name => trial.values.get(name).map(Setting::to_string).unwrap_or_default().into(),
    };
    let names = names(&study.config().space);
    let template = |word: &String| Template::parse(word, &names).expect("bug: a study's command was checked");
    Ok(command.iter().map(|word| template(word).fill(&value)).collect())
}

/// The variables of a trial: its file, seed, steps and values.
pub(super) fn variables(trial: &StudyTrial, file: &Path) -> Vec<(String, OsString)> {
    let fixed: [(&str, OsString); 3] = [
        ("MUP_TRIAL", file.into()),
        ("MUP_SEED", trial.seed.to_string().into()),
        ("MUP_STEPS", trial.steps.to_string().into()),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
    fixed.chain(trial.values.iter().map(|(name, value)| (variable(name), value.to_string().into()))).collect()
}
