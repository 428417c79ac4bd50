//! Running a study's trials: on this machine, or through a cluster's scheduler.

#[cfg(unix)]
mod descendants;
#[cfg(unix)]
mod ending;
mod error;
#[cfg(unix)]
mod judge;
#[cfg(unix)]
mod lines;
mod local;
#[cfg(unix)]
mod log;
#[cfg(unix)]
mod loose_json;
#[cfg(unix)]
mod memory;
mod not_found;
#[cfg(unix)]
mod orphans;
#[cfg(unix)]
mod output;
#[cfg(unix)]
mod pipe;
#[cfg(unix)]
mod processes;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod series;
#[cfg(unix)]
mod slurm;
#[cfg(unix)]
mod substitution;
#[cfg(unix)]
mod unread;
mod watch;

pub use error::LaunchError;
pub use local::{Tuned, run_locally};
#[cfg(unix)]
pub use program::ProgramRunner;
#[cfg(all(unix, feature = "cli"))]
pub(crate) use slurm::ranges;
#[cfg(unix)]
pub use slurm::{SlurmError, SlurmOptions, run_on_slurm};
pub use watch::{Silent, Watch};
