//! What `mup-transfer` understands.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use mup_study::cli::{self, TuneArguments, whole};

use crate::commands::check::Check;
use crate::commands::new::New;

/// Tunes hyperparameters of any training program on a small model.
///
/// A study is a folder: study.toml says what is searched and which program runs a trial; trials/ has a record of each
/// trial that has ended. Any number of workers, here or elsewhere, may work on it; kill them at any moment.
#[derive(Debug, Parser)]
#[command(name = "mup-transfer", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  mup-transfer new runs/a --space gpt-3 --trials 64 --steps 200 -- python3 trial.py {file}
  mup-transfer tune runs/a --jobs 2
  mup-transfer tune runs/a --launcher slurm --throttle 16
  mup-transfer status runs/a
  mup-transfer choose runs/a
  mup-transfer report runs/a --open
  mup-transfer check 64=runs/a 128=runs/b 256=runs/c --control 64=runs/d 128=runs/e 256=runs/f

A trial's program gets its values by {NAME} in its arguments, by environment variables (MUP_LEARNING_RATE, MUP_SEED,
MUP_STEPS) or from the JSON file {file} (MUP_TRIAL), and writes one JSON object a line to standard output:
{\"loss\": 3.14} for every step, or every few with their \"step\", and once {\"tokens\": 1024, \"parameters\": 4096}. NaN
is a result. {{ and }} stand for braces of the program's own.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write study.toml, to be edited or used as it is.
    New(New),
    /// Run every trial that has no record; interrupt it and run it again as you like.
    #[command(after_help = cli::EXIT_CODES)]
    Tune {
        /// Folder of the study.
        study: PathBuf,
        #[command(flatten)]
        tune: TuneArguments,
        /// Print how far the study is as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run one trial by its index, from 0: what a cluster's array task calls.
    Trial {
        /// Folder of the study.
        #[arg(long)]
        study: PathBuf,
        /// Index of the trial.
        #[arg(long, value_parser = whole::<usize, 0>)]
        index: usize,
    },
    /// Forget failed trials, so that `tune` runs them again. Diverged ones are results and stay.
    Retry {
        /// Folder of the study.
        study: PathBuf,
    },
    /// Say how far a study is.
    Status {
        /// Folder of the study.
        study: PathBuf,
        /// As JSON.
        #[arg(long, conflicts_with = "missing")]
        json: bool,
        /// Only the indices of the trials to run, as schedulers take them: 0-3,7. Nothing if there are none.
        #[arg(long)]
        missing: bool,
    },
    /// Choose the best values: with what is as good, what matters, and what speaks against them.
    Choose {
        /// Folder of the study.
        study: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say whether the best value stays where it is as the model grows wider, from a study for each width.
    Check(Check),
    /// Write report.html, figures as SVG and PNG, and report.json with every number, into the study's folder or another.
    Report {
        /// Folder of the study.
        study: PathBuf,
        /// Folder to write to [default: the study's].
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
        /// Show the page in a browser.
        #[arg(long)]
        open: bool,
        /// Print every number as JSON.
        #[arg(long)]
        json: bool,
    },
}
