//! What keeps trials from being run at all; a trial that fails is recorded instead.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use crate::StudyError;

/// Trials that cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The study itself.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// Slurm.
    #[cfg(unix)]
    #[error(transparent)]
    Slurm(#[from] super::SlurmError),
    /// An option that means nothing to the launcher.
    #[error("{option} is not for --launcher {launcher}: {remedy}")]
    OtherLauncher {
        /// The option.
        option: &'static str,
        /// The launcher.
        launcher: &'static str,
        /// What to do instead.
        remedy: &'static str,
    },
    /// The program does not start.
    #[error("cannot start `{}`: {}", program.display(), super::not_found::why(program, source))]
    CannotStart {
        /// First word of the command.
        program: OsString,
        /// Why not.
        source: io::Error,
    },
    /// Every trial fails as soon as it begins, so the rest would too.
    #[error(
        "the first {trials} trials all failed within a second{}, so no other was started: {failure}\n  {}mend the cause, then \
         use `retry` and `tune` again (`tune --keep-going` runs the rest all the same)",
        if *earlier { ", before this command" } else { "" },
        log.as_ref().map_or_else(String::new, |log| format!("what the first said is in {}; ", log.display()))
    )]
    FailAtOnce {
        /// How many.
        trials: usize,
        /// Whether all of them did before this command.
        earlier: bool,
        /// Why the first did.
        failure: crate::Failure,
        /// What the first said; none if its record came from elsewhere.
        log: Option<PathBuf>,
    },
    /// A record that was written and is not there.
    #[error("{name} was run and its record cannot be read: look at the folder `trials`, and at the disk")]
    NoRecord {
        /// Name of the trial.
        name: String,
    },
    /// The study has no program.
    #[error("study.toml has no [program] command, so only the program that created this study can run its trials")]
    NoProgram,
    /// A file of the trial.
    #[error("cannot {doing} {}: {}", path.display(), crate::denied::why(doing, source))]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The user wants to stop.
    #[error("stopped; every finished trial is kept, and the same command continues")]
    Interrupted,
}
