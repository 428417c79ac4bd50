//! µTransfer for any training program: tune it on a proxy, one machine or many, choose, report, check over widths.

mod arguments;
mod commands;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ContextKind;

fn main() -> ExitCode {
    // That an option which does not exist could be a value helps nobody here: the only values with dashes are a program's.
    let arguments = arguments::Arguments::try_parse().unwrap_or_else(|mut error| {
        error.remove(ContextKind::Suggested);
        error.exit()
    });
    match commands::run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            mup_study::cli::say(format!("error: {error}{}", commands::remedy(error.as_ref())));
            commands::exit_code(error.as_ref())
        }
    }
}
