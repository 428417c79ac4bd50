//! A family of GPTs on text, and the program that tunes a small one, transfers, trains a large one, writes a report.
//!
//! Thin over `mup-cli`: here are only the model's sizes, the text as tokens, and the command line. [`run`] is the program;
//! [`TextFamily`] lends its models to checks on text.

mod cli;
mod configuration;
mod data;
#[cfg(test)]
mod documents;
mod error;
mod family;
mod study;

use std::process::ExitCode;

use clap::Parser;
use mup_cli::{StudyCommand, ended, everything};
use mup_study::Study;
use mup_train::FamilyError;

pub use crate::family::{Sizes, TextFamily};
use cli::{Arguments, Command};

/// The program: parses its arguments, runs or continues, and says how it ended.
#[must_use]
pub fn run() -> ExitCode {
    ended(run_with(&Arguments::parse()))
}

fn run_with(arguments: &Arguments) -> Result<ExitCode, FamilyError> {
    match &arguments.command {
        None => {
            let Arguments { text, study, tune, checkpoints, json, .. } = arguments;
            let study = study::open(text, study)?;
            everything(&study, &study::family(&study)?, tune, checkpoints, *json)
        }
        Some(Command::Tune { text, tune }) => {
            let study = study::open(text, &tune.study)?;
            tune.run_on(&study, &study::family(&study)?)
        }
        Some(Command::Study(command)) => {
            let verified = matches!(command, StudyCommand::Train(_));
            command.run(&|study: &Study| {
                let family = study::family(study)?;
                if verified {
                    family.data()?.verify()?;
                }
                Ok(Box::new(family))
            })
        }
        Some(Command::Devices(command)) => command.run(),
    }
}
