//! Runs of a GPT on text, many at a time and remembered: what the checks that train judge.

use std::{collections::BTreeMap, fmt::Display, path::PathBuf, process::ExitCode, time::Instant};

use gpt_transfer::{Sizes, TextTraining};
use indicatif::{ProgressBar, ProgressStyle};
use mup_transfer::{Hyperparameters, Source, Study, TrialRecord, in_parallel};
use mup_verdict::{Answer, coordinates::TrialError};
use serde::Serialize;

/// Arguments that the checks on text share; the same ones share their runs.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TextArguments {
    /// Widths; the smallest is the base.
    #[arg(long, value_delimiter = ',', default_value = "32,64,128,256")]
    pub(crate) widths: Vec<usize>,
    /// Number of seeds per width, for the weights and the batches.
    #[arg(long, default_value_t = 3)]
    pub(crate) seeds: u64,
    /// Text to train on instead of the source of Burn: a UTF-8 file, or a folder of them.
    #[arg(long)]
    text: Option<PathBuf>,
    /// Steps of a run.
    #[arg(long, default_value_t = 150)]
    steps: usize,
    /// Sequences in a batch.
    #[arg(long, default_value_t = 16)]
    batch: usize,
    /// Length of a sequence.
    #[arg(long, default_value_t = 32)]
    context: usize,
    /// Width of a head; heads grow in number.
    #[arg(long, default_value_t = 16)]
    d_head: usize,
    /// Number of blocks.
    #[arg(long, default_value_t = 2)]
    n_layer: usize,
    /// Runs at a time, each with one thread.
    #[arg(long, default_value_t = default_jobs())]
    jobs: usize,
    /// Folder of the runs and results; an interrupted check continues there, and nothing finished is repeated.
    #[arg(long, default_value = "runs/verdicts")]
    pub(crate) out: PathBuf,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The presets that are compared.
pub(crate) const MUP: &str = "mup";
pub(crate) const STANDARD: &str = "standard";

/// As tables and figures name them.
pub(crate) fn label(preset: &str) -> &str {
    if preset == STANDARD { "SP" } else { "µP" }
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    /// Name of the parametrization's preset.
    pub(crate) parametrization: &'static str,
    /// Width at which it equals the standard parametrization.
    pub(crate) base_width: usize,
    pub(crate) width: usize,
    pub(crate) seed: u64,
    pub(crate) values: Hyperparameters,
    /// λ at base width.
    pub(crate) weight_decay: f64,
}

/// Trains runs that the folder does not remember.
#[derive(Debug)]
pub(crate) struct TextRuns {
    training: TextTraining,
    study: Study,
    arguments: TextArguments,
    begun: Instant,
}

impl TextRuns {
    pub(crate) fn new(arguments: &TextArguments) -> Result<Self, TrialError> {
        let mut arguments = arguments.clone();
        arguments.widths.sort_unstable();
        let base_width = *arguments.widths.first().ok_or("--widths: at least one width is needed")?;
        let TextArguments { steps, batch, context, d_head, n_layer, .. } = arguments;
        let sizes = Sizes { base_width, d_head, n_layer, context, batch, steps };
        let training = TextTraining::new(sizes, arguments.text.as_deref(), "flex")?;
        let study = Study::open(&arguments.out, training.settings(), training.smoothing())?;
        eprintln!("text {}\nfolder {}", training.text(), arguments.out.display());
        Ok(Self { training, study, arguments, begun: Instant::now() })
    }

    pub(crate) fn n_steps(&self) -> usize {
        self.arguments.steps
    }

    /// Of a model that gives all bytes the same probability.
    pub(crate) fn untrained_loss(&self) -> f64 {
        256.0_f64.ln()
    }

    /// Widths, ascending.
    pub(crate) fn widths(&self) -> &[usize] {
        &self.arguments.widths
    }

    pub(crate) fn seeds(&self) -> impl Iterator<Item = u64> + Clone + use<> {
        0..self.arguments.seeds
    }

    pub(crate) fn widths_and_seeds(&self) -> impl Iterator<Item = (usize, u64)> {
        self.widths().iter().flat_map(|width| self.seeds().map(|seed| (*width, seed)))
    }

    /// A run with the base width and weight decay of the arguments.
    pub(crate) fn run(&self, parametrization: &'static str, width: usize, seed: u64, values: Hyperparameters) -> Run {
        let (base_width, weight_decay) = (self.training.base_width(), self.training.weight_decay());
        Run { parametrization, base_width, width, seed, values, weight_decay }
    }

    /// The records of the runs, in their order.
    pub(crate) fn records(&self, runs: &[Run]) -> Result<Vec<TrialRecord>, TrialError> {
        // Widest first, so that no long run is left for the end.
        let mut order: Vec<usize> = (0..runs.len()).collect();
        order.sort_by_key(|&idx| std::cmp::Reverse(runs[idx].width));
        let bar = self.progress_bar(runs);
        let records = in_parallel(self.arguments.jobs, &order, |&idx| Ok((idx, self.record(&runs[idx], &bar)?)));
        bar.finish_and_clear();
        let records: BTreeMap<usize, TrialRecord> = records.map_err(describe)?.into_iter().collect();
        Ok(records.into_values().collect())
    }

    fn record(&self, run: &Run, bar: &ProgressBar) -> Result<TrialRecord, TrialError> {
        let training = self.training.with_base_width(run.base_width).with_weight_decay(run.weight_decay);
        let trial = training.trial(run.parametrization, run.width, run.seed, run.values)?;
        let work = self.training.parameter_count(run.width) as u64;
        let (record, source) = self.study.run(&trial, || {
            training.train(&trial, |loss| {
                bar.inc(work);
                bar.set_message(format!("{} width {} {}: {loss:.3}", run.parametrization, run.width, run.values));
            })
        })?;
        if source == Source::Read {
            bar.inc(work * self.arguments.steps as u64);
        }
        Ok(record)
    }

    fn progress_bar(&self, runs: &[Run]) -> ProgressBar {
        let work: u64 = runs.iter().map(|run| self.training.parameter_count(run.width) as u64).sum();
        let style = ProgressStyle::with_template("{wide_bar} {percent:>3}%  {msg}  {eta} left");
        ProgressBar::new(work * self.arguments.steps as u64)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// Says what was found, and gives the exit code.
    pub(crate) fn finish<R: Display + Serialize>(
        &self,
        title: &str,
        report: &R,
        answer: Answer,
        files: &[PathBuf],
    ) -> Result<ExitCode, TrialError> {
        if self.arguments.json {
            println!("{}", serde_json::to_string_pretty(report)?);
        } else {
            println!("{title}\n{report}\nanswer: {answer}");
        }
        for file in files {
            eprintln!("wrote {}", file.display());
        }
        eprintln!("{:.0} s", self.begun.elapsed().as_secs_f64());
        Ok(ExitCode::from(answer.exit_code()))
    }
}

fn describe(error: TrialError) -> TrialError {
    if gpt_transfer::is_interruption(&error) {
        "interrupted; every finished run is kept, and the same command continues".into()
    } else {
        error
    }
}
