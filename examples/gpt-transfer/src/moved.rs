//! Text or tokens that are elsewhere than when the study was made: they are known by what is in them, and found by a path.

use std::path::{Path, PathBuf};

use gpt_text::{Source, TokenFiles};
use mup_study::cli::say;
use mup_study::{Study, StudyError};
use mup_train::FamilyError;

use crate::cli::TextArguments;
use crate::study::{TEXT, VALIDATION, absolute, made_with};

/// Whether what a study remembers by these names is where it was; the remedy where it is not.
pub(crate) fn check_there(study: &Study, names: &[&str]) -> Result<(), FamilyError> {
    for name in names {
        let Some(path) = made_with(study, name).map(PathBuf::from).filter(|path| !path.exists()) else { continue };
        let (path, folder) = (path.display(), study.folder().display());
        return Err(format!(
            "cannot open {path}, from which the study in {folder} was made: if it was moved, say once where it is now, \
             `tune --study {folder} --{name} NEW_PATH`; it has to hold the same, and the study knows the rest"
        )
        .into());
    }
    Ok(())
}

/// The study that knows where its files are now, of those that are not where they were.
pub(crate) fn remembered(study: Study, text: &TextArguments, source: &Source) -> Result<Study, FamilyError> {
    let validation = of_validation(source);
    let now = [(TEXT, text.text.as_deref()), (VALIDATION, validation)];
    let lost = |name: &str| made_with(&study, name).is_some_and(|path| !Path::new(&path).exists());
    let moved = now.into_iter().filter(|(name, _)| lost(name));
    let moved = moved.filter_map(|(name, path)| Some((name.to_owned(), toml::Value::from(absolute(path?)))));
    let moved: toml::Table = moved.collect();
    let (study, changed) = study.remade_with(moved)?;
    changed.iter().for_each(|difference| say(format!("study.toml is changed: {difference}")));
    Ok(study)
}

/// The file for validation of a study whose file for training is here now: beside it, or where it was.
pub(crate) fn validation_beside(train: &Path, files: &TokenFiles) -> Option<PathBuf> {
    let beside = files.validation.file_name().map(|name| train.with_file_name(name));
    beside.into_iter().chain([files.validation.clone()]).find(|path| path.is_file())
}

/// With the files that hold something else than the study's, which digests alone do not name.
pub(crate) fn naming_others(error: FamilyError, text: &TextArguments, source: &Source) -> FamilyError {
    let Some(StudyError::OtherConfiguration { differences, .. }) = error.downcast_ref() else { return error };
    let differs = |digest: &str| differences.iter().any(|one| one.setting == digest);
    let files = [("proxy.text-sha256", text.text.as_deref()), ("proxy.validation-sha256", of_validation(source))];
    let others = files.into_iter().filter(|(digest, _)| differs(digest)).filter_map(|(_, path)| path);
    let others = others.map(|path| format!("\n{} holds something else than the study was made from", path.display()));
    format!("{error}{}", others.collect::<String>()).into()
}

fn of_validation(source: &Source) -> Option<&Path> {
    match source {
        Source::Tokens(_, files) => Some(&files.validation),
        Source::Text(..) => None,
    }
}
