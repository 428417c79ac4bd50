//! What keeps a study from being run by Slurm.

use std::path::PathBuf;

/// A study that Slurm does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlurmError {
    /// One of Slurm's commands is absent.
    #[error(
        "`{command}` is not on PATH: run this where jobs are submitted (a login node; perhaps `module load slurm`), or \
         on this machine alone without --launcher slurm"
    )]
    Absent {
        /// Which.
        command: &'static str,
    },
    /// One of Slurm's commands failed.
    #[error("`{command}` failed: {said}")]
    Refused {
        /// Which, with its arguments.
        command: String,
        /// What it said.
        said: String,
    },
    /// One of Slurm's commands said something else than expected.
    #[error("`{command}` said {said:?}, which is no {expected}")]
    Answer {
        /// Which.
        command: &'static str,
        /// What it said.
        said: String,
        /// What it should have said.
        expected: &'static str,
    },
    /// `sbatch` ended well and named no job, so that nobody knows whether there is one.
    #[error(
        "`sbatch` said {said:?}, in which no single job id is found: the job may have been submitted (`squeue --me`), and \
         the same command waits for it"
    )]
    UnclearSubmission {
        /// What it said.
        said: String,
    },
    /// An option that would break how tasks are followed.
    #[error("--sbatch-option {option}: {remedy}")]
    Option {
        /// The option.
        option: String,
        /// What to do instead.
        remedy: &'static str,
    },
    /// No time limit follows from the study.
    #[error(
        "how long may a task take? Give --time-limit MINUTES, or, better, `timeout-seconds` under [program] in \
         study.toml, by which a trial that takes too long is recorded"
    )]
    NoTimeLimit,
    /// Slurm would end a trial before it can be recorded as one that takes too long.
    #[error(
        "--time-limit {minutes} ends a task before the study's own limit of {timeout} s per trial, and leaves no record \
         of it: give {} minutes or more, or lower `timeout-seconds` in study.toml",
        timeout / 60 + 2
    )]
    TimeLimit {
        /// Limit of a task.
        minutes: u64,
        /// Limit of a trial, in seconds.
        timeout: u64,
    },
    /// A path of which Slurm makes another.
    #[error("Slurm cannot write a log to {}, because of the backslash: rename the folder", path.display())]
    Backslash {
        /// The path.
        path: PathBuf,
    },
    /// Tasks end without a record, again and again.
    #[error(
        "no record came of the trials {missing}, submitted {rounds} times; the same command tries again\n  tasks of the \
         last array: {states}\n  the log of one of them, {}:\n{}",
        log.display(),
        if said.is_empty() { "(absent or empty: perhaps the folder is not there on the node)" } else { said }
    )]
    NoProgress {
        /// Their indices.
        missing: String,
        /// How often.
        rounds: usize,
        /// How tasks ended, as far as Slurm remembers.
        states: String,
        /// The log of a task.
        log: PathBuf,
        /// Its end.
        said: String,
    },
}

impl SlurmError {
    /// Whether other options are the remedy.
    #[cfg(feature = "cli")]
    pub(crate) fn is_of_options(&self) -> bool {
        matches!(self, Self::Option { .. } | Self::NoTimeLimit | Self::TimeLimit { .. })
    }
}
