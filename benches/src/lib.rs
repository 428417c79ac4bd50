//! What is measured of this workspace's speed: beside PyTorch on the same step, growth with size, K trials as one.
//!
//! Owns the numbers (JSON files in `docs/`), `docs/performance.md`, which is generated from them and from prose beside
//! them, and the model of the Criterion benches in `benches/`. May use every crate and the tolerances of `mup-golden`;
//! knows no family, no study and no verdict. `cargo xtask bench` is [`Bench`].

mod batched;
mod device;
mod document;
mod gpu;
mod machine;
mod memory;
mod model;
mod peer;
mod peers;
mod protocol;
mod scaling;
mod shape;
mod statistics;
mod tokens;
mod training;

use std::error::Error;
use std::process::ExitCode;

pub use document::{DOCUMENT, document};
pub use model::{
    BASE, BATCH, CONTEXT, D_HEAD, MEASUREMENT, VOCAB, WARM_UP, batch, config, draw, gpt_3, gradients, model, plan,
    plan_of_width,
};

/// What every task returns.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures how fast this workspace is.
#[derive(Debug, clap::Args)]
pub struct Bench {
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
    Contestant(peers::contestant::Contestant),
}

impl Bench {
    /// Measures, or writes the document.
    ///
    /// # Errors
    ///
    /// Arguments that contradict, a contestant that failed, a file that cannot be read or written.
    pub fn run(self) -> Outcome<ExitCode> {
        match self.task {
            Task::Peers(task) => task.run(),
            Task::Scaling(task) => task.run(),
            Task::Batched(task) => task.run(),
            Task::Document(task) => task.run(),
            Task::Contestant(task) => task.run(),
        }
    }
}
