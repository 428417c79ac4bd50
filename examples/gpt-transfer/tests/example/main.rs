//! The real binary, run as a user runs it.

mod bad_input;
mod place;
mod resume;
mod run;
