//! Running a study's trials: on this machine, or through a cluster's scheduler.

mod error;
mod local;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod report_line;
mod watch;

pub use error::LaunchError;
pub use local::{Tuned, run_locally};
#[cfg(unix)]
pub use program::ProgramRunner;
pub use watch::{Silent, Watch};
