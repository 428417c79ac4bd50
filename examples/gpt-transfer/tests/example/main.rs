//! The real binary, run as a user runs it. What happens to what when something breaks: `docs/faults.md`.

mod bad_input;
mod clocks;
mod damage;
mod disk;
mod diverged;
mod every_axis;
mod export;
mod killed;
mod models;
#[path = "../../../../crates/mup-data/tests/moments/mod.rs"]
mod moments;
mod place;
mod run;
mod stopped;
mod tokens;
mod trials;
