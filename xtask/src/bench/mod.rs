//! `cargo xtask bench`: how fast we are, beside PyTorch on the same step, and how cost grows with size.
//!
//! Numbers go to JSON files in `docs/`; `docs/performance.md` is generated from them, and from prose beside them.

mod agreement;
mod batched;
mod contestant;
mod device;
mod document;
mod entrant;
mod environment;
mod gpu;
mod machine;
mod measured;
mod memory;
mod peer;
mod peers;
mod peers_figure;
mod protocol;
mod scaling;
mod shape;
mod statistics;
mod targets;
mod tokens;
mod training;

use std::error::Error;
use std::process::ExitCode;

pub(crate) use document::{DOCUMENT, document};
use mup_golden::root;

/// What every task returns.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures how fast this workspace is.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Trains the same GPT here and in PyTorch with microsoft/mup, in turns, after checking that both compute the same
    /// loss: exit code 0 measured, 1 they compute something else or one was left out, 2 bad arguments or a contestant
    /// that failed.
    Peers(peers::Peers),
    /// Measures how step, plan, initialization and optimizer grow with size, and what µP costs over SP.
    Scaling(scaling::Task),
    /// Measures what K small trials cost as one model, one after another, and as processes, here and in PyTorch.
    Batched(batched::BenchBatched),
    /// Writes docs/performance.md from the numbers that are there.
    Document(document::Write),
    /// The side of `peers` that trains here: answers requests on standard input.
    #[command(hide = true)]
    Contestant(contestant::Contestant),
}

impl Bench {
    pub(crate) fn run(self) -> Outcome<ExitCode> {
        match self.task {
            Task::Peers(task) => task.run(),
            Task::Scaling(task) => task.run(),
            Task::Batched(task) => task.run(),
            Task::Document(task) => task.run(),
            Task::Contestant(task) => task.run(),
        }
    }
}

/// The threads to use, which defaults to all cores.
fn all_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
