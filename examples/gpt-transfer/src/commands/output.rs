//! Standard output, for people and for programs.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

use crate::error::RunError;

/// Prints a result as text or as JSON.
pub(super) fn print<T: Display + Serialize>(result: &T, json: bool) -> Result<(), RunError> {
    if json { print_json(result) } else { line(result) }
}

/// Prints a result as JSON.
pub(super) fn print_json(result: &impl Serialize) -> Result<(), RunError> {
    line(serde_json::to_string_pretty(result).expect("bug: plain data with text keys is always JSON"))
}

/// Prints a line. Whoever closed the pipe wants no more, which is no error.
pub(super) fn line(text: impl Display) -> Result<(), RunError> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
