//! µTransfer for any training program: tune it on a proxy, one machine or many, choose, report, check over widths.

mod arguments;
mod commands;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::error::ContextKind;
use clap::{CommandFactory, FromArgMatches};
use mup_study::cli::{BAD_ARGUMENTS, say, with_negative_numbers};

fn main() -> ExitCode {
    // That an option which does not exist could be a value helps nobody here: the only values with dashes are a program's.
    let matches = with_negative_numbers(Arguments::command()).try_get_matches();
    let arguments = matches.and_then(|matches| Arguments::from_arg_matches(&matches)).unwrap_or_else(|mut error| {
        error.remove(ContextKind::Suggested);
        error.exit()
    });
    let judges = matches!(arguments.command, Command::Check(_));
    match commands::run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            say(format!("error: {error}{}", commands::remedy(error.as_ref())));
            // There 1 is a verdict.
            if judges { BAD_ARGUMENTS.into() } else { commands::exit_code(error.as_ref()) }
        }
    }
}
