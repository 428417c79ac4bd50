//! What was in the files that a study's command names: part of no trial's identity, and worth knowing where losses are
//! compared.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use mup_files::sha256_of_file;
use serde::{Deserialize, Serialize};

/// Digests by name, as the command writes it.
pub(crate) type Digests = BTreeMap<String, String>;

/// Larger files are data, and take long to read.
const LARGEST: u64 = 64 << 20;
/// Of fewer trials nobody knows whether they write the file themselves.
const FEW: usize = 3;

/// Reads each file once as long as it stays as it is.
#[derive(Debug, Default)]
pub(super) struct CommandFiles(Mutex<HashMap<String, (u64, SystemTime, String)>>);

impl CommandFiles {
    /// Of all files that a command names, wherever in its words; those that are not there, or cannot be read, are left
    /// out. Names are looked for from the working directory, as the program looks for them.
    pub(super) fn digests(&self, command: &[String]) -> Digests {
        let names: BTreeSet<&str> = command.iter().flat_map(|word| pieces(word)).collect();
        names.into_iter().filter_map(|name| Some((name.to_owned(), self.digest(name)?))).collect()
    }

    fn digest(&self, name: &str) -> Option<String> {
        let metadata = fs::metadata(name).ok().filter(|file| file.is_file() && file.len() <= LARGEST)?;
        let (length, modified) = (metadata.len(), metadata.modified().ok()?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(name) {
            Some((then, when, digest)) if (*then, *when) == (length, modified) => Some(digest.clone()),
            _ => {
                let digest = sha256_of_file(Path::new(name)).ok()?;
                known.insert(name.to_owned(), (length, modified, digest.clone()));
                Some(digest)
            }
        }
    }
}

/// A word itself, what follows an option's `=`, and the words of a shell's script.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let parts = word.split(|letter: char| letter.is_whitespace() || "'\"=;&|()<>`".contains(letter));
    std::iter::once(word).chain(parts).filter(|piece| !piece.is_empty())
}

/// A file that the command names, whose content was another in some trials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// As the command writes it.
    pub file: String,
    /// Trials that were run with another content than it has now, or, where it is not here, than most.
    pub trials: usize,
    /// Trials of which its content is known.
    pub of: usize,
    /// Whether it is here to compare with.
    pub here: bool,
}

impl std::fmt::Display for ChangedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, trials, of, here } = self;
        match (here, *of) {
            (true, 1) => write!(f, "`{file}` has changed since the trial that was run with it"),
            (true, _) => write!(f, "`{file}` has changed since {trials} of {of} trials"),
            (false, _) => write!(f, "`{file}` was another in {trials} of {of} trials than in the rest"),
        }
    }
}

/// Compares what trials were run with, each once, with what is there now.
pub(super) fn changed<'a>(trials: impl Iterator<Item = &'a Digests>, now: &Digests) -> Vec<ChangedFile> {
    let mut found: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (file, digest) in trials.flatten() {
        *found.entry(file).or_default().entry(digest).or_default() += 1;
    }
    let changed = |(file, contents): (&str, BTreeMap<&str, usize>)| {
        let of: usize = contents.values().sum();
        // What differs from trial to trial is written by them: a log, a checkpoint.
        let written = of >= FEW && 4 * contents.len() > 3 * of;
        let (same, here) = match now.get(file) {
            Some(now) => (contents.get(now.as_str()).copied().unwrap_or(0), true),
            None => (contents.values().copied().max().unwrap_or(0), false),
        };
        (same < of && !written).then(|| ChangedFile { file: file.to_owned(), trials: of - same, of, here })
    };
    found.into_iter().filter_map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(digests: &[&str]) -> Vec<Digests> {
        let one = |digest: &&str| Digests::from([("t.py".to_owned(), (*digest).to_owned())]);
        digests.iter().map(one).collect()
    }

    fn said(trials: &[&str], now: &[&str]) -> Vec<String> {
        let now = of(now).pop().unwrap_or_default();
        changed(of(trials).iter(), &now).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_that_was_edited_is_told_with_the_trials_before() {
        assert_eq!(said(&["a", "a", "a", "b", "b"], &["b"]), ["`t.py` has changed since 3 of 5 trials"]);
        assert_eq!(said(&["a"], &["b"]), ["`t.py` has changed since the trial that was run with it"]);
        assert_eq!(said(&["a", "b", "b"], &[]), ["`t.py` was another in 1 of 3 trials than in the rest"]);
        assert_eq!(said(&["a", "a"], &["a"]), [""; 0]);
        assert_eq!(said(&["a", "a"], &[]), [""; 0]);
        assert_eq!(said(&[], &["a"]), [""; 0]);
    }

    #[test]
    fn a_file_that_the_trials_write_is_none_that_was_edited() {
        assert_eq!(said(&["a", "b", "c", "d"], &["e"]), [""; 0]);
    }

    #[test]
    fn files_are_found_in_words_after_options_and_in_a_shells_script() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.py");
        fs::write(&path, "1").unwrap();
        let path = path.to_str().unwrap();
        let files = CommandFiles::default();
        let words = [path.to_owned(), format!("--config={path}"), format!("cd x && python3 '{path}' > y")];
        for word in words {
            assert_eq!(files.digests(&["sh".to_owned(), word]).keys().collect::<Vec<_>>(), [path]);
        }
        let before = files.digests(&[path.to_owned()]);
        fs::write(path, "22").unwrap();
        assert_ne!(files.digests(&[path.to_owned()]), before);
        assert!(files.digests(&["/no/such/file".to_owned(), folder.path().display().to_string()]).is_empty());
    }
}
