//! Standard output, for people and for programs.

use std::fmt::Display;
use std::io::{self, Write};

use mup_train::FamilyError;
use serde::Serialize;

/// Prints a result as text or as JSON.
pub(crate) fn print<T: Display + Serialize>(result: &T, json: bool) -> Result<(), FamilyError> {
    if json { print_json(result) } else { line(result) }
}

/// Prints a result as JSON.
pub(crate) fn print_json(result: &impl Serialize) -> Result<(), FamilyError> {
    line(serde_json::to_string_pretty(result)?)
}

/// A log₂ for people: two digits, and none where it is whole.
pub(crate) fn octaves(log2: f64) -> f64 {
    (100.0 * log2).round() / 100.0
}

/// Prints a line. Whoever closed the pipe wants no more, which is no error.
pub(crate) fn line(text: impl Display) -> Result<(), FamilyError> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}").into())
        }
        _ => Ok(()),
    }
}
