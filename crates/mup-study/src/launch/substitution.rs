//! A trial's command and variables: the study's words with the trial's values in them.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::placeholders::{Template, first_version, names, variable};
use crate::{Setting, Study, StudyTrial};

/// The words of a command. Paths are put in as they are, whatever bytes they have; what was put in is not looked at again.
pub(super) fn words(study: &Study, command: &[String], trial: &StudyTrial, file: &Path) -> io::Result<Vec<OsString>> {
    let (folder, this) = (std::path::absolute(study.folder())?, std::env::current_exe()?);
    let value = |name: &str| -> OsString {
        match name {
            "seed" => trial.seed.to_string().into(),
            "steps" => trial.steps.to_string().into(),
            "file" => file.into(),
            "study" => folder.clone().into(),
            "self" => this.clone().into(),
            name => trial.values.get(name).map(Setting::to_string).unwrap_or_default().into(),
        }
    };
    if study.config().version == 1 {
        let value = |name: &str| value(name).to_string_lossy().into_owned();
        let word = |word: &String| first_version::fill(word, trial.values.iter().map(|(name, _)| name), value).into();
        return Ok(command.iter().map(word).collect());
    }
    let names = names(&study.config().space);
    let template = |word: &String| Template::parse(word, &names).expect("bug: a study's command was checked");
    Ok(command.iter().map(|word| template(word).fill(&value)).collect())
}

/// The variables of a trial: its file, seed, steps and values.
pub(super) fn variables(study: &Study, trial: &StudyTrial, file: &Path) -> Vec<(String, OsString)> {
    let fixed: [(&str, OsString); 3] = [
        ("MUP_TRIAL", file.into()),
        ("MUP_SEED", trial.seed.to_string().into()),
        ("MUP_STEPS", trial.steps.to_string().into()),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
    let named = |variable: fn(&str) -> String| {
        trial.values.iter().map(move |(name, value)| (variable(name), OsString::from(value.to_string())))
    };
    // Version 1 had MUP_MODEL.LR, which no shell can read.
    let old = (study.config().version == 1).then(|| named(first_version::variable));
    fixed.chain(old.into_iter().flatten()).chain(named(variable)).collect()
}
