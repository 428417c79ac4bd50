//! Tunes a proxy GPT, transfers the hyperparameters, trains the target, writes a report.
//!
//! Thin over `mup-transfer` (study, choice, report), `mup-train` (the loop) and `mup-data` (tokens): here are only the
//! model's sizes and the command line. [`run`] is the program; [`TextFamily`] lends its models to checks on text.

mod cli;
mod commands;
mod configuration;
mod data;
#[cfg(test)]
mod documents;
mod environment;
mod error;
mod export;
mod family;
mod hyperparameters;
mod progress;
mod run_context;
mod training;

use std::process::ExitCode;

use clap::Parser;
use mup_study::cli::{FAILED_TRIALS, Interrupt, exit_code, say};
use mup_study::launch::LaunchError;

use crate::error::RunError;
pub use crate::family::{Sizes, TextFamily};
pub use crate::hyperparameters::{Hyperparameter, Hyperparameters, ValuesError};

/// The program: parses its arguments, runs or continues, and says how it ended.
#[must_use]
pub fn run() -> ExitCode {
    match commands::run(&cli::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(RunError::Interrupted | RunError::Launch(LaunchError::Interrupted)) => Interrupt::exit_code(),
        Err(error) => {
            say(format!("error: {error}"));
            match error {
                RunError::TrialsFailed { .. } => ExitCode::from(FAILED_TRIALS),
                RunError::Launch(error) => exit_code(&error),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
