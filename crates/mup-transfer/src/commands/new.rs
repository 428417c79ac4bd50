//! `new`: writes a study, or says in words why there can be none.

use std::path::PathBuf;

use mup_study::cli::{say, shell_word, this_program, whole_up_to};
use mup_study::limits::{SECONDS, SEED, STEPS, THREADS, TRIALS};
use mup_study::{Program, Search, Space, Stage, Study, StudyConfig, StudyError};

/// A study of one program.
#[derive(Debug, clap::Args)]
pub(crate) struct New {
    /// Folder of the study.
    study: PathBuf,
    /// What is searched: gpt-3 or rate; edit study.toml for a space of your own.
    #[arg(long, default_value = "rate", value_parser = |name: &str| Space::named(name))]
    space: Space,
    /// How: random, sobol, grid or tpe.
    #[arg(long, default_value = "random")]
    search: Search,
    /// Seed of the search.
    #[arg(long, default_value_t = 0, value_parser = whole_up_to::<u64, 0, SEED>, allow_negative_numbers = true)]
    seed: u64,
    /// Number of samples.
    #[arg(long, default_value_t = 32, value_parser = whole_up_to::<usize, 1, TRIALS>, allow_negative_numbers = true)]
    trials: usize,
    /// Steps of each.
    #[arg(long, value_parser = whole_up_to::<usize, 1, STEPS>, allow_negative_numbers = true)]
    steps: usize,
    /// Number of the best samples to run again over --long-steps.
    #[arg(long, requires = "long_steps", value_parser = whole_up_to::<usize, 1, TRIALS>, allow_negative_numbers = true)]
    best: Option<usize>,
    /// The longer horizon.
    #[arg(long, requires = "best", value_parser = whole_up_to::<usize, 1, STEPS>, allow_negative_numbers = true)]
    long_steps: Option<usize>,
    /// Seconds after which a trial has failed.
    #[arg(long, value_parser = whole_up_to::<u64, 1, SECONDS>, allow_negative_numbers = true)]
    timeout: Option<u64>,
    /// Threads of a trial.
    #[arg(long, default_value_t = 1, value_parser = whole_up_to::<usize, 1, THREADS>, allow_negative_numbers = true)]
    threads: usize,
    /// The program that runs a trial, with its arguments; {NAME} stands for a value, {file} for its JSON file.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// Options that contradict each other, or of which no study comes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewError {
    #[error("--long-steps {long} is not above --steps {short}: the best are run again because it is longer")]
    NotLonger { short: usize, long: usize },
    #[error("--best {best} of --trials {trials}: there are not so many")]
    TooManyBest { best: usize, trials: usize },
    #[error("{0}")]
    Senseless(String),
}

/// `new`.
pub(crate) fn run(new: New) -> Result<(), Box<dyn std::error::Error>> {
    let folder = new.study.clone();
    let config = new.config()?;
    let file = folder.join("study.toml");
    let there = file.exists();
    let study = Study::create(&folder, config).map_err(|error| match error {
        StudyError::Config { reason } => Box::from(NewError::Senseless(reason)),
        error => Box::<dyn std::error::Error>::from(error),
    })?;
    if there {
        say(format!("{} is there already and says the same: nothing was written", file.display()));
    } else {
        say(format!("wrote {}", file.display()));
    }
    let (trials, folder) = (study.config().n_trials(), shell_word(study.folder().as_os_str()));
    let (program, of) = (this_program(), if trials == 1 { "trial" } else { "trials" });
    say(format!("`{program} tune {folder}` runs its {trials} {of}"));
    Ok(())
}

impl New {
    fn config(self) -> Result<StudyConfig, NewError> {
        let mut stages = vec![Stage::of(self.steps, self.trials)];
        if let (Some(best), Some(long)) = (self.best, self.long_steps) {
            if long <= self.steps {
                return Err(NewError::NotLonger { short: self.steps, long });
            }
            if best > self.trials {
                return Err(NewError::TooManyBest { best, trials: self.trials });
            }
            stages.push(Stage::of_best(long, best));
        }
        let program = Program { command: self.command, timeout_seconds: self.timeout, threads: self.threads };
        let (seed, search) = (self.seed, self.search);
        Ok(StudyConfig { seed, search, program: Some(program), ..StudyConfig::new(self.space, stages) })
    }
}
