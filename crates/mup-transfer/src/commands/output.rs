//! Standard output, for people and for programs.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

/// Prints a result as text or as JSON.
pub(crate) fn print<T: Display + Serialize>(result: &T, json: bool) -> io::Result<()> {
    if json { print_json(result) } else { line(result.to_string().trim_end()) }
}

/// Prints a result as JSON.
pub(crate) fn print_json(result: &impl Serialize) -> io::Result<()> {
    line(serde_json::to_string_pretty(result).map_err(io::Error::other)?)
}

/// Prints a line. Whoever closed the pipe wants no more, which is no error; `println!` would panic.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(io::Error::new(
            error.kind(),
            format!("cannot write to standard output: {error}; what is recorded is safe"),
        )),
        _ => Ok(()),
    }
}
