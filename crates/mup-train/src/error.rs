//! What can be wrong with a run, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use mup_optim::OptimError;

use crate::TaskError;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A setting outside its range.
    #[error("{name} is {value}, but must be {range}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// Value given.
        value: f64,
        /// What is allowed.
        range: String,
    },
    /// The gradients cannot be clipped.
    #[error(transparent)]
    Optim(#[from] OptimError),
    /// The task could not give a loss.
    #[error("step {step}: {source}")]
    Task {
        /// The step.
        step: usize,
        /// What the task says.
        source: TaskError,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// For `map_err`: names what was tried and where.
pub(crate) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TrainError {
    let path = path.to_owned();
    move |source| TrainError::Io { action, path, source }
}
