//! Text, tokens or a tokenizer that are elsewhere than when the study was made: they are known by what is in them, and found by a path.

use std::path::{Path, PathBuf};

use gpt_text::{Source, SourceOptions, TokenFiles, TokenizerChoice};
use mup_study::cli::{say, shell_word, this_program};
use mup_study::{Study, StudyError};
use mup_train::FamilyError;

use crate::cli::TextArguments;
use crate::study::{TEXT, TOKENIZER, VALIDATION, absolute, made_with};

/// Where a study found what it remembers by this name; a tokenizer may be a name alone, such as bytes.
fn recorded(study: &Study, name: &str) -> Option<PathBuf> {
    let said = made_with(study, name)?;
    let is_path = name != TOKENIZER || matches!(said.parse::<TokenizerChoice>(), Ok(TokenizerChoice::File(_)));
    is_path.then(|| PathBuf::from(said))
}

/// Whether what a study remembers by these names is where it was; the remedy where it is not.
pub(crate) fn check_there(study: &Study, names: &[&str]) -> Result<(), FamilyError> {
    for name in names {
        let Some(path) = recorded(study, name).filter(|path| !path.exists()) else { continue };
        let (path, folder, program) = (path.display(), study.folder(), this_program());
        return Err(format!(
            "cannot open {path}, from which the study in {} was made: if it was moved, say once where it is now, \
             `{program} tune --study {} --{name} NEW_PATH`; it has to hold the same, and the study knows the rest",
            folder.display(),
            shell_word(folder.as_os_str())
        )
        .into());
    }
    Ok(())
}

/// The study that knows where its files are now, which were compared with its digests, if they were named elsewhere and are no
/// longer where it found them.
pub(crate) fn remembered(study: Study, text: &TextArguments, source: &Source) -> Result<Study, FamilyError> {
    let tokenizer = match &text.tokenizer {
        Some(TokenizerChoice::File(path)) => Some(path.as_path()),
        _ => None,
    };
    let named = [(TEXT, text.text.as_deref()), (VALIDATION, of_validation(source)), (TOKENIZER, tokenizer)];
    let elsewhere = named.into_iter().filter_map(|(name, path)| {
        let (now, then) = (absolute(path?), recorded(&study, name)?);
        (Path::new(&now) != then).then(|| (name.to_owned(), toml::Value::from(now)))
    });
    let elsewhere: toml::Table = elsewhere.collect();
    if elsewhere.is_empty() || finds_the_same(&study, text, source) {
        return Ok(study);
    }
    let (study, changed) = study.remade_with(elsewhere)?;
    changed.iter().for_each(|difference| say(format!("study.toml is changed: {difference}")));
    Ok(study)
}

/// Whether the same is still where the study looks for it: then what was named is a copy, and study.toml, which may be a
/// person's, stays as it is. Something else may lie there.
fn finds_the_same(study: &Study, text: &TextArguments, source: &Source) -> bool {
    let [train, validation, tokenizer] = [TEXT, VALIDATION, TOKENIZER].map(|name| recorded(study, name));
    let tokenizer = tokenizer.map(TokenizerChoice::File).or_else(|| text.tokenizer.clone());
    let (train, validation, vocab) = (train.as_deref(), validation.as_deref(), text.vocab);
    let found = Source::open(&SourceOptions { text: train, tokenizer: tokenizer.as_ref(), vocab, validation });
    found.is_ok_and(|found| found.origin() == source.origin())
}

/// The file for validation of a study whose file for training was named: where it was, or beside if it was moved too.
pub(crate) fn validation_beside(train: &Path, files: &TokenFiles) -> Option<PathBuf> {
    let beside = files.validation.file_name().map(|name| train.with_file_name(name));
    std::iter::once(files.validation.clone()).chain(beside).find(|path| path.is_file())
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
