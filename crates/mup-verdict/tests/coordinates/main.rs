//! The coordinate check, from outside the crate.

mod bad_input;
mod controls;
mod verdicts;
