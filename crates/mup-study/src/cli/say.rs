//! Words for people.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes a line to standard error. Nobody may be there to read it (a pipe to `head`, a terminal that was closed, a full
/// disk), which must not end a week of work; `eprintln!` would panic.
pub fn say(line: impl Display) {
    // In one piece, so that lines of several processes do not mix.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}
