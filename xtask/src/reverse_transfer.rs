//! `cargo xtask reverse-transfer`: what a standard model of width n will do, from a narrow one in µP.

use std::process::ExitCode;

use gpt_transfer::Hyperparameters;
use gpt_transfer::parse_grid;
use mup_sweep::Log2Grid;
use mup_verdict::{
    Answer,
    coordinates::TrialError,
    reverse::{Criteria, Diagnosis, Validation},
};

use crate::{
    sweep::{self, Sweep},
    text_runs::{MUP, Run, STANDARD, TextArguments, TextRuns},
};

/// Arguments of `cargo xtask reverse-transfer`.
///
/// A narrow model is trained in µP with each width as its base: at its base width µP is the standard
/// parametrization, so the base is the width that the narrow model simulates. Runs that a transfer check in the same
/// folder did are read back.
#[derive(Debug, clap::Args)]
pub(crate) struct ReverseTransfer {
    #[command(flatten)]
    text: TextArguments,
    /// Width of the model that simulates [default: the narrowest].
    #[arg(long)]
    narrow: Option<usize>,
    /// Widths to simulate [default: all that are wider].
    #[arg(long, value_delimiter = ',')]
    simulate: Vec<usize>,
    /// Grid of log₂ learning rates, LOW:HIGH or LOW:HIGH:STEP; it extends itself while an optimum lies on its edge.
    #[arg(long, value_parser = parse_grid, allow_hyphen_values = true, default_value = "-9:-2")]
    grid: Log2Grid,
    /// Train no wide model: say what the narrow one says, and leave open whether it is true.
    #[arg(long)]
    no_validation: bool,
}

impl ReverseTransfer {
    pub(crate) fn run(self) -> Result<ExitCode, TrialError> {
        Ok(ExitCode::from(self.answer()?.exit_code()))
    }

    pub(crate) fn answer(&self) -> Result<Answer, TrialError> {
        let text_runs = TextRuns::new(&self.text)?;
        let narrow = self.narrow.unwrap_or(text_runs.widths()[0]);
        let widths = self.simulated(text_runs.widths(), narrow);
        let title = format!("GPT on text · width {narrow} simulates {widths:?} · {} seeds", self.text.seeds);
        let folder = self.text.out.join(format!("reverse-{narrow}"));
        let name = format!("µP, width {narrow}, simulated");
        let mut sweeps = vec![Sweep::new(&name, RATE, &widths, |width, seed, rate| {
            let values = Hyperparameters::at_rate(rate);
            Run { base_width: width, ..text_runs.run(MUP, narrow, seed, values) }
        })];
        if !self.no_validation {
            sweeps.push(Sweep::new("SP, trained", RATE, &widths, |width, seed, rate| {
                text_runs.run(STANDARD, width, seed, Hyperparameters::at_rate(rate))
            }));
        }
        let loss_without_context = text_runs.loss_without_context()?;
        let diagnose = |runs| Diagnosis::new(runs, loss_without_context, Criteria::default());
        let mut diagnoses = sweep::run(&text_runs, sweeps, &self.grid)?.into_iter().map(diagnose);
        let simulated = diagnoses.next().ok_or("bug: the narrow model is always swept")??;
        let Some(real) = diagnoses.next().transpose()? else {
            let files = simulated.write_to(&folder, &title)?;
            return text_runs.finish(&title, &simulated, Answer::Undecided, &files);
        };
        let validation = Validation::new(simulated, real)?;
        let files = validation.write_to(&folder, &title)?;
        text_runs.finish(&title, &validation, validation.answer(), &files)
    }

    /// A single width has no trend; then the narrow one, which simulates itself, is the other.
    fn simulated(&self, widths: &[usize], narrow: usize) -> Vec<usize> {
        let wider = || widths.iter().copied().filter(|width| *width > narrow).collect();
        let asked: Vec<usize> = if self.simulate.is_empty() { wider() } else { self.simulate.clone() };
        match asked[..] {
            [one] if one != narrow => vec![narrow, one],
            _ => asked,
        }
    }
}

const RATE: &str = "learning rate";
