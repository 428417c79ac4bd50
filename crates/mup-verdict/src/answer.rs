//! What every verdict comes to, and its exit code.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a verdict comes to.
///
/// Exit codes are the same for every check: 0 holds, 1 fails, 3 undecided; 2 is for bad arguments, as clap has it.
///
/// ```
/// use mup_verdict::Answer;
/// let worst = [Answer::Holds, Answer::Undecided].into_iter().max();
/// assert_eq!(worst.map(Answer::exit_code), Some(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// What was claimed holds within the stated tolerance.
    Holds,
    /// The measurement allows both; more seeds, widths or steps would decide.
    Undecided,
    /// What was claimed is wrong.
    Fails,
}

impl Answer {
    /// For the shell: 0, 3, 1.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Holds => 0,
            Self::Fails => 1,
            Self::Undecided => 3,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Holds => "holds",
            Self::Undecided => "undecided",
            Self::Fails => "fails",
        })
    }
}
