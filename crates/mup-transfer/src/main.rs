//! µTransfer for any training program: tune it on a proxy, one machine or many, choose, and report.

mod arguments;
mod commands;
#[cfg(test)]
mod documents;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match commands::run(arguments::Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            mup_study::cli::say(format!("error: {error}{}", commands::remedy(error.as_ref())));
            commands::exit_code(error.as_ref())
        }
    }
}
