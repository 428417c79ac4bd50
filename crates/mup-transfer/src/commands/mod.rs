//! What `mup-transfer` does, command by command.

pub(crate) mod check;
pub(crate) mod new;
mod output;
mod report;

use std::process::ExitCode;

use mup_study::cli::{self, Interrupt, Status, say};
use mup_study::launch::LaunchError;
use mup_study::{Study, StudyError};
use mup_transfer::choose;

use crate::arguments::Command;
use new::NewError;
use output::{line, print};

/// Runs what the command line asks for.
pub(crate) fn run(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::New(new) => new::run(new)?,
        Command::Tune { study, tune, json } => {
            let study = Study::open(&study)?;
            let tuned = cli::tune(&study, &tune, &Interrupt::listen()?)?;
            let status = Status::of(&study)?;
            print(&status, json)?;
            return Ok(status.exit_code(tuned));
        }
        Command::Trial { study, index } => {
            let study = Study::open(&study)?;
            match cli::run_trial(&study, index, &Interrupt::listen()?) {
                Ok((record, _)) => say(format!("{}: {}", record.trial.place(), record.outcome)),
                Err(LaunchError::Interrupted) => return Ok(Interrupt::exit_code()),
                Err(error) => return Err(error.into()),
            }
        }
        Command::Retry { study } => {
            say(cli::retry(&Study::open(&study)?)?);
        }
        Command::Status { study, missing: true, .. } => {
            let missing = cli::missing(&Study::open(&study)?)?;
            if !missing.is_empty() {
                line(missing)?;
            }
        }
        Command::Status { study, json, .. } => print(&Status::of(&Study::open(&study)?)?, json)?,
        Command::Choose { study, json } => {
            let study = Study::open(&study)?;
            print(&choose(study.config(), &study.records()?)?, json)?;
        }
        Command::Check(asked) => return check::run(&asked),
        Command::Report { study, out, open, json } => report::run(&study, out.as_deref(), open, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// How the program ends by an error.
pub(crate) fn exit_code(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    if error.is::<NewError>() {
        return cli::BAD_ARGUMENTS.into();
    }
    error.downcast_ref().map_or(ExitCode::FAILURE, cli::exit_code)
}

/// What to do about an error, where the program knows more than the library.
pub(crate) fn remedy(error: &(dyn std::error::Error + 'static)) -> &'static str {
    match error.downcast_ref::<StudyError>() {
        Some(StudyError::Absent { .. }) => " (`mup-transfer new` creates one)",
        _ => "",
    }
}
