//! Tunes a small decoder on text, transfers, trains a large one, writes a report: `mup-cli` for the family of `gpt-text`.
//!
//! Here are only the command line, and how it becomes a study and its tokens.

mod cli;
#[cfg(test)]
mod documents;
mod moved;
mod study;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use mup_cli::{StudyCommand, ended, everything};
use mup_study::{Study, cli::with_negative_numbers};
use mup_train::FamilyError;

use cli::{Arguments, Command};

/// The program, for whoever carries it in another one: the GPU kit's.
#[must_use]
pub fn main() -> ExitCode {
    mup_devices::let_openmp_sleep();
    let matches = with_negative_numbers(Arguments::command()).get_matches();
    ended(run(&Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())))
}

fn run(arguments: &Arguments) -> Result<ExitCode, FamilyError> {
    match &arguments.command {
        None => {
            let Arguments { text, study, tune, checkpoints, json, .. } = arguments;
            tune.check()?;
            let study = study::open(text, study)?;
            everything(&study, &study::family(&study)?, tune, checkpoints, *json)
        }
        Some(Command::Tune { text, tune }) => {
            tune.tune.check()?;
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
