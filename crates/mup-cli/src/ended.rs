//! How a program ends: its exit code, and what it says if it did not get to its end.

use std::error::Error;
use std::process::ExitCode;

use mup_study::cli::{BAD_ARGUMENTS, Interrupt, exit_code, say};
use mup_study::launch::LaunchError;
use mup_train::FamilyError;

/// The user stopped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted; every finished run in a folder (--out) is kept, and the same command continues")]
pub struct Interrupted;

/// The exit code of a result; says what is wrong. An error ends with 2, as bad arguments do, an [`Interrupted`] with 130.
#[must_use]
pub fn ended(result: Result<ExitCode, FamilyError>) -> ExitCode {
    result.unwrap_or_else(|error| {
        if is_interruption(&*error) {
            return Interrupt::exit_code();
        }
        say(format!("error: {error}"));
        error.downcast_ref().map_or(ExitCode::from(BAD_ARGUMENTS), exit_code)
    })
}

/// Whether somewhere in its causes there is an [`Interrupted`].
fn is_interruption(error: &(dyn Error + 'static)) -> bool {
    let launch = matches!(error.downcast_ref(), Some(LaunchError::Interrupted));
    launch || error.is::<Interrupted>() || error.source().is_some_and(is_interruption)
}

#[cfg(test)]
mod tests {
    use mup_verdict::coordinates::CheckError;

    use super::{Interrupted, is_interruption};

    #[test]
    fn ctrl_c_is_known_within_the_error_of_a_check() {
        let step = CheckError::Step { width: 8, seed: 0, step: 3, source: Interrupted.into() };
        assert!(is_interruption(&step) && is_interruption(&Interrupted));
        assert!(!is_interruption(&CheckError::NoSeeds));
    }
}
