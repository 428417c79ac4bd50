//! The command line that every program with a study shares: what `mup-transfer` runs, and others flatten into theirs.

mod interrupt;
mod progress;
mod status;
mod tune;

pub use interrupt::Interrupt;
pub use progress::Bars;
pub use status::Status;
pub use tune::{TuneArguments, retry, run_trial, tune};
