//! `cargo xtask`: the command line, and nothing else.

mod coord_check;
mod plan;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks whether a model's coordinates stay Θ(1) in width: exit code 0 flat, 1 not, 2 bad arguments, 3 undecided.
    CoordCheck(coord_check::CoordCheck),
    /// Prints what a parametrization prescribes for every parameter of a model.
    Plan(plan::Plan),
}

/// Exit code for bad arguments, clap's own.
const BAD_ARGUMENTS: u8 = 2;

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::CoordCheck(task) => task.run(),
        Command::Plan(task) => task.run(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(BAD_ARGUMENTS)
    })
}
