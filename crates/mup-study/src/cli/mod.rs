//! The command line that every program with a study shares: what `mup-transfer` runs, and others flatten into theirs.

mod exit;
mod first_trials;
mod interrupt;
mod listing;
mod negative;
mod progress;
mod say;
mod shell;
mod slurm;
mod status;
mod tune;
mod whole;

pub use exit::{BAD_ARGUMENTS, EXIT_CODES, FAILED_TRIALS, exit_code};
pub use interrupt::{Interrupt, InterruptError};
pub use negative::with_negative_numbers;
pub use progress::Bars;
pub use say::say;
pub use shell::{shell_word, this_command, this_program};
pub use slurm::SlurmArguments;
pub use status::{Status, missing};
pub use tune::{Launcher, TuneArguments, retry, run_trial, tune};
pub use whole::{whole, whole_up_to};
