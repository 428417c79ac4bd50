//! What can be wrong with a run, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use mup_optim::OptimError;

use crate::{Difference, FamilyError};

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
        source: FamilyError,
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
    /// Another process trains in the same folder.
    #[error("{} is locked: another process trains in this folder; wait for it, or choose another folder", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// The checkpoint is of another run.
    #[error(
        "checkpoint {} is of another run; train with its settings, or in another folder:\n{}", path.display(), lines(differences)
    )]
    AnotherRun {
        /// The checkpoint.
        path: PathBuf,
        /// In what the two differ.
        differences: Vec<Difference>,
    },
    /// The checkpoint was written by a newer program.
    #[error(
        "{} is of version {found}, and this program knows versions up to {known}; use a newer one", path.display()
    )]
    NewerVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest known.
        known: u64,
    },
    /// There are checkpoints, but none that is whole.
    #[error("no checkpoint is whole; restore one, or move them away to begin at step 0:\n{}", damaged(checkpoints))]
    AllDamaged {
        /// Every checkpoint with what is wrong with it, newest first.
        checkpoints: Vec<(PathBuf, String)>,
    },
    /// A whole file that Burn cannot use.
    #[error("cannot use {}: {problem}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: String,
    },
    /// Something that cannot be part of a run's identity.
    #[error("`{name}` cannot be part of the run's identity: {problem}")]
    Identity {
        /// Its name.
        name: String,
        /// Why not.
        problem: String,
    },
}

fn lines(differences: &[Difference]) -> String {
    let lines: Vec<String> = differences.iter().map(|difference| format!("  {difference}")).collect();
    lines.join("\n")
}

fn damaged(checkpoints: &[(PathBuf, String)]) -> String {
    let lines: Vec<String> =
        checkpoints.iter().map(|(path, problem)| format!("  {}: {problem}", path.display())).collect();
    lines.join("\n")
}

/// For `map_err`: names what was tried and where.
pub(crate) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TrainError {
    let path = path.to_owned();
    move |source| TrainError::Io { action, path, source }
}
