//! µP beside SP.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{Report, report::rows};
use crate::publication::{self, Publication};
use crate::{Answer, VerdictError};

/// Two parametrizations with the same hyperparameters.
///
/// The answer is the subject's: that SP's curves cross depends on the rate (at one that suits its widest model they
/// need not), so the control shows the difference and decides nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// µP.
    pub subject: Report,
    /// SP.
    pub control: Report,
}

impl Comparison {
    /// Sets two reports side by side.
    #[must_use]
    pub fn new(subject: Report, control: Report) -> Self {
        Self { subject, control }
    }

    /// Whether wider is better for the subject.
    #[must_use]
    pub fn answer(&self) -> Answer {
        self.subject.answer()
    }

    /// For the shell: 0 holds, 1 fails, 3 undecided.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.answer().exit_code()
    }

    /// Both verdicts.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{} {}", self.subject.sentence(), self.control.sentence())
    }

    /// Writes `wider.{csv,json,txt,svg,png,html}` into a folder, created if absent; returns the files.
    ///
    /// # Errors
    ///
    /// [`VerdictError::Write`] and [`VerdictError::Figure`], with the file.
    pub fn write_to(&self, folder: &Path, title: &str) -> Result<Vec<PathBuf>, VerdictError> {
        let publication = Publication {
            stem: "wider",
            // SP on the left, as in the paper.
            panels: vec![&self.control, &self.subject],
            answer: self.answer(),
            sentence: self.sentence(),
            rows: rows(&[&self.subject, &self.control]),
        };
        publication::write_to(self, publication, folder, title)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\n{}", self.subject, self.control)
    }
}
