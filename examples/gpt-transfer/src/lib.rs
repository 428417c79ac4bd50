//! Tunes a proxy GPT, transfers the hyperparameters, trains the target, writes a report.
//!
//! Thin over `mup-transfer`: here are only the corpus, the model's sizes, the training loop and the command line.
//! [`run`] is the program; [`TextTraining`] lends its training loop to checks that train on text.

mod batch;
mod cli;
mod configuration;
mod corpus;
mod device;
mod environment;
mod error;
mod experiment;
mod family;
mod interrupt;
mod progress;
mod results;
mod runner;
mod schedule;
mod text_training;
mod training;

use std::process::ExitCode;

use clap::Parser;

pub use crate::cli::parse_grid;
use crate::error::RunError;
pub use crate::text_training::{Sizes, TextTraining, TrainingError, is_interruption};

/// The program: parses its arguments, runs or continues, and says how it ended.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = cli::Arguments::parse();
    if arguments.device == "list" {
        print!("{}", device::list());
        return ExitCode::SUCCESS;
    }
    match experiment::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(RunError::Interrupted) => {
            eprintln!("\nstopped; every finished trial is kept, and the same command continues");
            // What a shell reports for a program that Ctrl-C ended.
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
