//! µTransfer for any training program: tune it on a proxy, one machine or many, and choose.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mup_study::cli::{self, Interrupt, Status, TuneArguments};
use mup_study::launch::LaunchError;
use mup_study::{Program, Search, Space, Stage, Study, StudyConfig};

/// Tunes hyperparameters of any training program on a small model.
///
/// A study is a folder: study.toml says what is searched and which program runs a trial; trials/ has a record of each
/// trial that has ended. Any number of workers, here or elsewhere, may work on it; kill them at any moment.
#[derive(Debug, Parser)]
#[command(name = "mup-transfer", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  mup-transfer new runs/a --space gpt-3 --trials 64 --steps 200 -- python3 trial.py {file}
  mup-transfer tune runs/a --jobs 2
  mup-transfer tune runs/a --launcher slurm --throttle 16
  mup-transfer status runs/a

A trial's program gets its values by {NAME} in its arguments, by environment variables (MUP_LEARNING_RATE, MUP_SEED,
MUP_STEPS) or from the JSON file {file} (MUP_TRIAL), and writes one JSON object a line to standard output:
{\"loss\": 3.14} for every step, or every few with their \"step\", and once {\"tokens\": 1024, \"parameters\": 4096}. NaN
is a result.";

#[derive(Debug, Subcommand)]
enum Command {
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
        #[arg(long)]
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
        /// Only the indices of the trials to run, as schedulers take them: 0-3,7.
        #[arg(long)]
        missing: bool,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    /// Folder of the study.
    study: PathBuf,
    /// What is searched: gpt-3 or rate; edit study.toml for a space of your own.
    #[arg(long, default_value = "rate", value_parser = |name: &str| Space::named(name))]
    space: Space,
    /// How: random, sobol, grid or tpe.
    #[arg(long, default_value = "random")]
    search: Search,
    /// Seed of the search.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Number of samples.
    #[arg(long, default_value_t = 32)]
    trials: usize,
    /// Steps of each.
    #[arg(long)]
    steps: usize,
    /// Number of the best samples to run again over --long-steps.
    #[arg(long, requires = "long_steps")]
    best: Option<usize>,
    /// The longer horizon.
    #[arg(long, requires = "best")]
    long_steps: Option<usize>,
    /// Seconds after which a trial has failed.
    #[arg(long)]
    timeout: Option<u64>,
    /// Threads of a trial.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// The program that runs a trial, with its arguments.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

impl New {
    fn config(self) -> (PathBuf, StudyConfig) {
        let mut stages = vec![Stage::of(self.steps, self.trials)];
        stages.extend(self.best.zip(self.long_steps).map(|(best, steps)| Stage::of_best(steps, best)));
        let program = Program { command: self.command, timeout_seconds: self.timeout, threads: self.threads };
        let (seed, search) = (self.seed, self.search);
        let config = StudyConfig::new(self.space, stages);
        (self.study, StudyConfig { seed, search, program: Some(program), ..config })
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            cli::say(format!("error: {error}"));
            error.downcast_ref().map_or(ExitCode::FAILURE, cli::exit_code)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::New(new) => {
            let (folder, config) = new.config();
            let study = Study::create(&folder, config)?;
            let (file, n_trials) = (folder.join("study.toml"), study.config().n_trials());
            cli::say(format!("wrote {}; `tune` runs its {n_trials} trials", file.display()));
        }
        Command::Tune { study, tune, json } => {
            let study = Study::open(&study)?;
            let tuned = cli::tune(&study, &tune, &Interrupt::listen()?)?;
            return Ok(print_status(&study, json)?.exit_code(tuned));
        }
        Command::Trial { study, index } => {
            let study = Study::open(&study)?;
            match cli::run_trial(&study, index, &Interrupt::listen()?) {
                Ok((record, _)) => cli::say(format!("{}: {}", record.trial.place(), record.outcome)),
                Err(LaunchError::Interrupted) => return Ok(Interrupt::exit_code()),
                Err(error) => return Err(error.into()),
            }
        }
        Command::Retry { study } => {
            let n_trials = cli::retry(&Study::open(&study)?)?;
            cli::say(format!("{n_trials} failed trials will be run again by `tune`"));
        }
        Command::Status { study, missing: true, .. } => print(&cli::missing(&Study::open(&study)?)?)?,
        Command::Status { study, json, .. } => drop(print_status(&Study::open(&study)?, json)?),
    }
    Ok(ExitCode::SUCCESS)
}

fn print_status(study: &Study, json: bool) -> Result<Status, Box<dyn std::error::Error>> {
    let status = Status::of(study)?;
    print(&if json { serde_json::to_string_pretty(&status)? } else { status.to_string() })?;
    Ok(status)
}

fn print(text: &str) -> std::io::Result<()> {
    use std::io::Write;
    // `println!` panics on a closed pipe.
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
