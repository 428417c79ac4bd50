//! `cargo xtask bench scaling`: how time grows with size, and what µP costs over SP.

mod curves;
mod document;
mod figure;
pub(crate) mod measured;
mod overhead;

use std::path::PathBuf;
use std::process::ExitCode;

use mup_golden::root;

use crate::machine::{Machine, all_cores};
use crate::{Outcome, device, document as page};
use curves::Sizes;
use measured::Scaling;
use overhead::Overhead;

/// Arguments of `cargo xtask bench scaling`.
#[derive(Debug, clap::Args)]
pub(crate) struct Task {
    /// Measurements of each point, in rounds over the points of a curve.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: u16,
    /// Pairs of steps, one in µP and one in SP.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u16).range(1..))]
    pairs: u16,
    /// Only sizes so small that the curves say nothing: whether everything runs.
    #[arg(long)]
    tiny: bool,
    /// Folder for scaling.json and pictures/scaling.png, and for performance.md if it is docs.
    #[arg(long, default_value_os_t = root().join("docs"))]
    out: PathBuf,
}

impl Task {
    pub(crate) fn run(self) -> Outcome<ExitCode> {
        let sizes = if self.tiny { Sizes::tiny() } else { Sizes::full() };
        let repetitions = usize::from(self.repetitions);
        let mut scaling =
            Scaling { machine: Machine::describe(all_cores())?, curves: Vec::new(), overheads: Vec::new() };
        scaling.curves.push(curves::plan(&sizes, repetitions)?);
        for name in device::names() {
            let name = &name.to_string();
            let device = device::device(name)?;
            eprintln!("{name}: initialization");
            scaling.curves.push(curves::init(&sizes, name, &device, repetitions)?);
            scaling.curves.extend(curves::steps(&sizes, name, &device, repetitions)?);
            eprintln!("{name}: µP against SP, {} pairs", self.pairs);
            scaling.overheads.push(Overhead::measure(name, &device, sizes.paired, usize::from(self.pairs))?);
        }
        println!("{}", scaling.document());
        page::publish(&self.out, ("scaling", &scaling), ("scaling", &figure::Panels(&scaling)))?;
        Ok(ExitCode::SUCCESS)
    }
}
