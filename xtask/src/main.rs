//! `cargo xtask`: the command line, and nothing else.

#[cfg(test)]
mod documents;
mod public_api;
mod text_checks;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// As in gpt-transfer: glibc's allocator gives large blocks back to the system after every step (docs/log.md, 2026-11-25).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    CoordCheck(mup_experiments::CoordCheck),
    /// How often a coordinate check of few seeds is wrong, as a table.
    ErrorRates(mup_experiments::ErrorRates),
    /// Trains a GPT on text in several widths and follows the optimum of a hyperparameter, in µP and in SP: exit code
    /// 0 it stays in µP only, 1 it moves, 2 bad arguments, 3 undecided.
    TransferCheck(text_checks::TransferCheck),
    /// Trains a GPT on text in several widths with the same values, in µP and in SP: exit code 0 wider is better, 1 it
    /// is not, 2 bad arguments, 3 undecided.
    WiderCheck(text_checks::WiderCheck),
    /// Says what SP will do at width n from a narrow model in µP that simulates it, and validates that: exit code 0 it
    /// is so, 1 it is not, 2 bad arguments, 3 undecided.
    ReverseTransfer(text_checks::ReverseTransfer),
    /// Runs an experiment through gpt-transfer, resumable, and writes its table and figure.
    #[command(subcommand)]
    Experiment(mup_experiments::Experiment),
    /// Measures how fast we are: beside PyTorch on the same step, and how cost grows with size.
    Bench(mup_benches::Bench),
    /// Compares every device that is compiled in and answers with flex, PyTorch and microsoft/mup: exit code 0 they agree, 1
    /// one does not.
    Devices(mup_experiments::Devices),
    /// Prints what a parametrization prescribes for every parameter of a model.
    Plan(mup_experiments::Plan),
    /// Checks the conventions of this workspace: crate graph, sources, generated files, one artifact set.
    Tidy,
    /// Prints the table of rules as docs/rules.md has it.
    Rules,
    /// Writes the public API of every published crate, docs/public-api.
    PublicApi,
}

/// Under the name of gpt-transfer it is that program, which experiments start: never an older build, and the GPU kit has
/// room for one.
fn is_gpt_transfer() -> bool {
    let name = std::env::args_os().next().map(PathBuf::from);
    name.is_some_and(|name| name.file_stem().is_some_and(|stem| stem == "gpt-transfer"))
}

fn main() -> ExitCode {
    if is_gpt_transfer() {
        return gpt_transfer::main();
    }
    mup_devices::let_openmp_sleep();
    mup_cli::ended(match Cli::parse().command {
        Command::CoordCheck(task) => task.run(),
        Command::ErrorRates(task) => task.run(),
        Command::TransferCheck(task) => task.run(),
        Command::WiderCheck(task) => task.run(),
        Command::ReverseTransfer(task) => task.run(),
        Command::Experiment(task) => task.run(),
        Command::Bench(task) => task.run(),
        Command::Devices(task) => task.run(),
        Command::Plan(task) => task.run(),
        Command::Tidy => tidy::tidy().map(|clean| if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
        Command::Rules => {
            print!("{}", mup_rules::rules_markdown());
            Ok(ExitCode::SUCCESS)
        }
        Command::PublicApi => public_api::write().map(|()| ExitCode::SUCCESS),
    })
}
