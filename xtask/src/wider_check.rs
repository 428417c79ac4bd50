//! `cargo xtask wider-check`: is a wider model better at every point of training, with the same hyperparameters?

use std::process::ExitCode;

use gpt_transfer::Hyperparameters;
use mup_verdict::{
    Answer,
    coordinates::TrialError,
    wider::{Comparison, Criteria, Curve, Curves, Report},
};

use crate::text_runs::{MUP, Run, STANDARD, TextArguments, TextRuns, label};

/// Arguments of `cargo xtask wider-check`. Runs that a transfer check in the same folder did are read back.
#[derive(Debug, clap::Args)]
pub(crate) struct WiderCheck {
    #[command(flatten)]
    text: TextArguments,
    /// log₂ of the learning rate.
    #[arg(long, allow_hyphen_values = true, default_value_t = -6.0)]
    log2_rate: f64,
}

impl WiderCheck {
    pub(crate) fn run(self) -> Result<ExitCode, TrialError> {
        Ok(ExitCode::from(self.answer()?.exit_code()))
    }

    pub(crate) fn answer(&self) -> Result<Answer, TrialError> {
        let text_runs = TextRuns::new(&self.text)?;
        let both = Comparison::new(self.report(&text_runs, MUP)?, self.report(&text_runs, STANDARD)?);
        let title = format!("GPT on text · learning rate 2^{} · {} seeds", self.log2_rate, self.text.seeds);
        let files = both.write_to(&self.text.out.join("wider"), &title)?;
        text_runs.finish(&title, &both, both.answer(), &files)
    }

    fn report(&self, text_runs: &TextRuns, preset: &'static str) -> Result<Report, TrialError> {
        let values = Hyperparameters::at_rate(self.log2_rate.exp2());
        let runs: Vec<Run> =
            text_runs.widths_and_seeds().map(|(width, seed)| text_runs.run(preset, width, seed, values)).collect();
        let curve = |run: &Run, mut losses: Vec<f64>| {
            if losses.len() < text_runs.n_steps() {
                losses.push(f64::NAN);
            }
            Curve { width: run.width, seed: run.seed, losses }
        };
        let records = text_runs.records(&runs)?;
        let curves = runs.iter().zip(records).map(|(run, record)| curve(run, record.curve.losses.clone())).collect();
        Ok(Curves { label: label(preset).to_owned(), curves }.judge(Criteria::default())?)
    }
}
