//! What can be wrong with a search space or a study's directory.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::denied::why;
use crate::quote::quoted;
use crate::study::Mistake;

/// A search space that cannot be walked.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum SpaceError {
    /// Nothing to search.
    #[error(
        "the space has no hyperparameter: name at least one, for example learning-rate = {{ log-uniform = [1e-4, 1e-1] }}"
    )]
    Empty,
    /// A dimension that makes no sense.
    #[error("the space's `{name}`: {reason}")]
    Dimension {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A name that programs cannot be told.
    #[error("the space's `{}`: {reason}", quoted(name, 0, 60))]
    Name {
        /// The name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A continuum in a grid search.
    #[error(
        "a grid search needs a list for every hyperparameter, and `{name}` has none: write it as {{ grid = [...] }}, or \
         use another search"
    )]
    NoGrid {
        /// Its name.
        name: String,
    },
    /// A grid of more points than anybody can try.
    #[error("the grid has more than {limit} points: shorten its lists, or use the random search")]
    LargeGrid {
        /// Points that a grid may have.
        limit: usize,
    },
    /// More samples than there are.
    #[error("{trials} samples were asked for, and the search has {points}: lower `trials`")]
    TooManyTrials {
        /// Asked for.
        trials: usize,
        /// There are.
        points: usize,
    },
    /// More dimensions than Sobol points have.
    #[error("{dimensions} dimensions vary, and Sobol points have {limit}: use the random search")]
    TooManyDimensions {
        /// Asked for.
        dimensions: usize,
        /// There are.
        limit: usize,
    },
    /// No preset of that name.
    #[error("no space is named `{}`; there are gpt-3 and rate", quoted(name, 0, 60))]
    UnknownPreset {
        /// What was asked for.
        name: String,
    },
}

impl SpaceError {
    /// The hyperparameter concerned.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Dimension { name, .. } | Self::Name { name, .. } | Self::NoGrid { name } => Some(name),
            _ => None,
        }
    }
}

/// One setting that differs between the study in a folder and the one asked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Path of the setting.
    pub setting: String,
    /// Value in the folder.
    pub there: String,
    /// Value asked for; empty where only the other can be said.
    pub asked: String,
}

impl Difference {
    /// Every leaf in which two values differ.
    pub(crate) fn between(there: &Value, asked: &Value) -> Vec<Self> {
        let mut differences = Vec::new();
        Self::collect("", there, asked, &mut differences);
        differences
    }

    fn collect(path: &str, old: &Value, new: &Value, differences: &mut Vec<Self>) {
        let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        if let (Value::Object(old), Value::Object(new)) = (old, new) {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                match (old.get(key), new.get(key)) {
                    (Some(old), Some(new)) => Self::collect(&join(key), old, new, differences),
                    (None, Some(Value::Null)) | (Some(Value::Null), None) => {}
                    (old, new) => {
                        let written = |value: Option<&Value>| value.map_or("absent".to_owned(), Value::to_string);
                        differences.push(Self { setting: join(key), there: written(old), asked: written(new) });
                    }
                }
            }
        } else if old != new {
            differences.push(Self { setting: path.to_owned(), there: old.to_string(), asked: new.to_string() });
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} there, {} asked for", self.setting, self.there, self.asked)
    }
}

/// A study's directory that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The file system refused.
    #[error("cannot {doing} {}: {}", path.display(), why(doing, source))]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The study is not there any more.
    #[error(
        "{}: {}; what ended before is kept with it, and no trial goes on here. Give its folder of now to the same command",
        folder.display(),
        if *moved { "the study was moved or deleted while this ran" } else { "study.toml was moved or deleted while this ran" }
    )]
    Gone {
        /// Where it was.
        folder: PathBuf,
        /// Whether its folder is gone too.
        moved: bool,
    },
    /// The study is another than the one that was opened.
    #[error(
        "{} was edited while this ran ({}); what ended is recorded, and the same command goes on as it says now",
        path.display(),
        differences.iter().map(|one| format!("{}: {} before, {} now", one.setting, one.there, one.asked)).collect::<Vec<_>>().join("; ")
    )]
    Edited {
        /// Its description.
        path: PathBuf,
        /// Every setting that differs: before, and now.
        differences: Vec<Difference>,
    },
    /// A record that may be whole, and cannot be read here.
    #[error("{} cannot be read: {reason}; until then its trial is neither used nor run", path.display())]
    UnreadableRecord {
        /// The file.
        path: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
    /// A file stands where a folder is to be.
    #[error("{} is a file and no folder: {remedy}", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// The folder holds a study with other settings.
    #[error(
        "{} holds a study with another configuration; choose another folder, or repeat its settings:\n  {}",
        folder.display(),
        differences.iter().map(Difference::to_string).collect::<Vec<_>>().join("\n  ")
    )]
    OtherConfiguration {
        /// The folder.
        folder: PathBuf,
        /// Every setting that differs.
        differences: Vec<Difference>,
    },
    /// What was asked for only adds to the study, whose description a person wrote.
    #[error(
        "{} was written or edited by hand, so it is not changed here; nothing is lost if you do:\n  {}",
        path.display(),
        differences.iter().map(Difference::to_string).collect::<Vec<_>>().join("\n  ")
    )]
    ByHand {
        /// The file.
        path: PathBuf,
        /// What is to be changed.
        differences: Vec<Difference>,
    },
    /// There is no study.
    #[error("there is no study at {}: give the folder of one, or create it first", path.display())]
    Absent {
        /// Where its description would be.
        path: PathBuf,
    },
    /// The study makes no sense.
    #[error("study.toml: {reason}")]
    Config {
        /// What is wrong.
        reason: String,
    },
    /// The study's file has a mistake.
    #[error("{}, {mistake}", path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// Where and what.
        mistake: Mistake,
    },
    /// Its space makes no sense.
    #[error("study.toml: {0}")]
    Space(#[from] SpaceError),
    /// A trial that is none of the study's.
    #[error("there is no trial {index}: the study has {trials}, counted from 0, fewer where not enough finished")]
    NoSuchTrial {
        /// Its index.
        index: usize,
        /// Number of trials.
        trials: usize,
    },
    /// A trial that is not known yet.
    #[error("trial {index} depends on trials that have not ended: run the earlier stages or rounds first")]
    Waiting {
        /// Its index.
        index: usize,
    },
    /// The folder holds something else.
    #[error("{} is no study and not empty (it holds {}): choose another folder", folder.display(), found.display())]
    NotAStudy {
        /// The folder.
        folder: PathBuf,
        /// One of the files in it.
        found: PathBuf,
    },
    /// The file that describes a study is damaged.
    #[error(
        "cannot use {}: {reason}; restore this file, or delete it alone and repeat the command that made it: the trials beside \
         it are kept",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder holds runs of an older version of this program.
    #[error(
        "{} is of an older version of this program, whose runs this one does not read: choose another folder, or move that \
         one away (nothing in it is touched)",
        path.display()
    )]
    OldArchive {
        /// The file that says so.
        path: PathBuf,
    },
    /// A record that would not be read back as it was written.
    #[error("bug: the record of trial {id} would not be read back equal, so it is not written; please report this")]
    Unstorable {
        /// Its name.
        id: String,
    },
    /// A trial's file is of a newer version.
    #[error(
        "{} was written by a newer version of this program (record version {version}, known {known}): use that one, or \
         choose another folder",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
        /// The latest version known here.
        known: u32,
    },
}

impl StudyError {
    pub(crate) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_absent_is_told_from_what_is_null() {
        let (there, now) = (json!({ "a": null, "b": 1, "d": {}, "e": null }), json!({ "a": 2, "c": "x", "d": {} }));
        let said: Vec<String> = Difference::between(&there, &now).iter().map(Difference::to_string).collect();
        assert_eq!(
            said,
            ["a: null there, 2 asked for", "b: 1 there, absent asked for", "c: absent there, \"x\" asked for"]
        );
    }
}
