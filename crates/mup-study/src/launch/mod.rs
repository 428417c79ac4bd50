//! Running a study's trials: on this machine, or through a cluster's scheduler.

mod error;
mod local;
#[cfg(unix)]
mod log;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod report_line;
#[cfg(unix)]
mod slurm;
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
