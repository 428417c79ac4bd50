//! What exit codes mean.

use std::process::ExitCode;

use super::{Interrupt, Status, say};
use crate::StudyError;
use crate::launch::{LaunchError, Tuned};

/// Exit code of a `tune` by which trials failed, which says nothing of their values. 1 is an error, 2 bad arguments, 3 an
/// undecided verdict, and 130 Ctrl-C.
pub const FAILED_TRIALS: u8 = 4;

/// Exit code for arguments that make no sense, alone or together; clap's own.
pub const BAD_ARGUMENTS: u8 = 2;

/// Table of the exit codes of `tune`, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    every stage is finished
  1    an error, which is said
  2    bad arguments
  4    trials failed: `status` says why, `retry` runs them again
  130  interrupted; the same command continues";

impl Status {
    /// How `tune` ends: with 0 only if every stage is finished.
    #[must_use]
    pub fn exit_code(&self, tuned: Tuned) -> ExitCode {
        match tuned {
            Tuned::Stopped => Interrupt::exit_code(),
            Tuned::Finished if self.failed > 0 => ExitCode::from(FAILED_TRIALS),
            Tuned::Finished if self.missing > 0 => {
                say(format!("error: {} trials have no record; the same command continues", self.missing));
                ExitCode::FAILURE
            }
            Tuned::Finished => match self.empty_stage {
                Some(stage) => {
                    say(format!(
                        "error: stage {stage} has nothing to run, because no sample of the stage before finished: `choose` says \
                         what may be wrong"
                    ));
                    ExitCode::FAILURE
                }
                None => ExitCode::SUCCESS,
            },
        }
    }
}

/// How a program ends that could not run all trials.
#[must_use]
pub fn exit_code(error: &LaunchError) -> ExitCode {
    match error {
        LaunchError::FailAtOnce { .. } => ExitCode::from(FAILED_TRIALS),
        LaunchError::OtherLauncher { .. } | LaunchError::Study(StudyError::NoSuchTrial { .. }) => BAD_ARGUMENTS.into(),
        LaunchError::Slurm(error) if error.is_of_options() => BAD_ARGUMENTS.into(),
        _ => ExitCode::FAILURE,
    }
}
