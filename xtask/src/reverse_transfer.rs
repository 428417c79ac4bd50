//! `cargo xtask reverse-transfer`: what a standard model of width n will do, from a narrow one in µP.

use std::process::ExitCode;

use mup_transfer::{Hyperparameters, Log2Grid};
use mup_verdict::{
    Answer,
    coordinates::TrialError,
    reverse::{Criteria, Diagnosis, Validation},
    transfer::{self, Runs},
};

use crate::{
    grid::parse_grid,
    text_runs::{MUP, Run, STANDARD, TextArguments, TextRuns},
};

/// Arguments of `cargo xtask reverse-transfer`.
///
/// The narrowest width is trained in µP with each width as its base: at its base width µP is the standard
/// parametrization, so the base is the width that the narrow model simulates. Runs that a transfer check in the same
/// folder did are read back.
#[derive(Debug, clap::Args)]
pub(crate) struct ReverseTransfer {
    #[command(flatten)]
    text: TextArguments,
    /// Widths to simulate [default: all but the narrowest].
    #[arg(long, value_delimiter = ',')]
    simulate: Vec<usize>,
    /// Grid of log₂ learning rates, LOW:HIGH or LOW:HIGH:STEP.
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
        let narrow = text_runs.widths()[0];
        let widths = self.simulated(text_runs.widths());
        let title = format!("GPT on text · width {narrow} simulates {widths:?} · {} seeds", self.text.seeds);
        let folder = self.text.out.join("reverse");
        let simulate = |width, seed, values| Run { base_width: width, ..text_runs.run(MUP, narrow, seed, values) };
        let simulated = self.diagnose(&text_runs, &format!("µP, width {narrow}, simulated"), &widths, simulate)?;
        if self.no_validation {
            let files = simulated.write_to(&folder, &title)?;
            return text_runs.finish(&title, &simulated, Answer::Undecided, &files);
        }
        let real = self.diagnose(&text_runs, "SP, trained", &widths, |width, seed, values| {
            text_runs.run(STANDARD, width, seed, values)
        })?;
        let validation = Validation::new(simulated, real)?;
        let files = validation.write_to(&folder, &title)?;
        text_runs.finish(&title, &validation, validation.answer(), &files)
    }

    /// A single width has no trend; then the narrow one, which simulates itself, is the other.
    fn simulated(&self, widths: &[usize]) -> Vec<usize> {
        let asked = if self.simulate.is_empty() { &widths[1..] } else { &self.simulate };
        match asked {
            [one] if *one != widths[0] => vec![widths[0], *one],
            several => several.to_vec(),
        }
    }

    fn diagnose(
        &self,
        text_runs: &TextRuns,
        label: &str,
        widths: &[usize],
        run: impl Fn(usize, u64, Hyperparameters) -> Run,
    ) -> Result<Diagnosis, TrialError> {
        let mut asked = Vec::new();
        for (width, seed) in widths.iter().flat_map(|width| text_runs.seeds().map(move |seed| (*width, seed))) {
            asked.extend(self.grid.exponents().into_iter().map(|log2_value| (width, seed, log2_value)));
        }
        let runs: Vec<Run> =
            asked.iter().map(|(width, seed, log2)| run(*width, *seed, Hyperparameters::at_rate(log2.exp2()))).collect();
        let found = asked.into_iter().zip(text_runs.records(&runs)?);
        let runs = found
            .map(|((width, seed, log2_value), record)| transfer::Run {
                width,
                seed,
                log2_value,
                loss: record.outcome.loss(),
            })
            .collect();
        let runs = Runs { label: label.to_owned(), hyperparameter: "learning rate".to_owned(), runs };
        Ok(Diagnosis::new(runs, text_runs.loss_without_context(), Criteria::default())?)
    }
}
