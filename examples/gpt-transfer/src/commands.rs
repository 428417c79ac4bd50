//! The commands, each a stage of the workflow: study, tune, choose, train, report.

mod all;
mod choose;
mod output;
mod report;
mod study;
mod target;
mod trial;
mod tune;

use mup_study::Study;
use mup_study::cli::{self, Interrupt, Status, say};
use mup_study::launch::Tuned;

use crate::cli::{Arguments, Command};
use crate::error::RunError;

/// Runs what the command line asks for.
pub(crate) fn run(arguments: &Arguments) -> Result<(), RunError> {
    match &arguments.command {
        None => all::run(arguments),
        Some(Command::Tune { study, tune, json }) => {
            let study = study::open(study)?;
            let tuned = tune::tune(&study, tune)?;
            let status = Status::of(&study)?;
            output::print(&status, *json)?;
            match tuned {
                Tuned::Finished if status.failed > 0 => Err(RunError::TrialsFailed { trials: status.failed }),
                Tuned::Finished => Ok(()),
                // Stopped before that.
                _ => Err(RunError::Interrupted),
            }
        }
        Some(Command::Choose { study, json }) => output::print(&choose::choose(&Study::open(study)?)?, *json),
        Some(Command::Train(train)) => target::run(train),
        Some(Command::Report { study, compare, json }) => report::run(&Study::open(study)?, compare, *json),
        Some(Command::Status { study, json }) => output::print(&Status::of(&Study::open(study)?)?, *json),
        Some(Command::Retry { study }) => {
            say(cli::retry(&Study::open(study)?)?);
            Ok(())
        }
        Some(Command::Trial { study, index: Some(index), .. }) => {
            let (record, _) = cli::run_trial(&Study::open(study)?, *index, &Interrupt::listen()?)?;
            say(format!("{}: {}", record.trial.place(), record.outcome));
            Ok(())
        }
        Some(Command::Trial { study, file, .. }) => trial::run(study, file.as_deref().unwrap_or(study)),
        Some(Command::Devices) => output::line(mup_devices::list().to_string().trim_end()),
    }
}
