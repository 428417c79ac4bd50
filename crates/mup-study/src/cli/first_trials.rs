//! Whether trials fail from the start: a script that is not found ruins no night.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::launch::LaunchError;
use crate::{Ended, Failure, Study, StudyError, StudyTrial};

/// So many of the first trials must fail …
const FIRST: usize = 3;
/// … within so long each, in seconds.
const AT_ONCE: f64 = 1.0;
/// Between two looks at trials that still run.
const LOOK: Duration = Duration::from_millis(50);

/// The first trials of a `tune`.
pub(super) struct FirstTrials<'a> {
    study: &'a Study,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    failed: usize,
    /// The first failure, and its trial's name.
    first: Option<(Failure, String)>,
    /// A trial has run longer or ended otherwise: the program works, whatever fails later.
    works: bool,
}

impl<'a> FirstTrials<'a> {
    /// Of a study; `keep_going` looks at nothing, and a result of an earlier `tune` shows that the program works.
    ///
    /// # Errors
    ///
    /// Those of the study's files.
    pub(super) fn new(study: &'a Study, keep_going: bool) -> Result<Self, StudyError> {
        let works = keep_going || study.records()?.records.iter().any(|record| !record.outcome.failed());
        Ok(Self { study, state: Mutex::new(State { works, ..State::default() }) })
    }

    /// Whether another trial may begin; waits for those that run if all before have failed.
    ///
    /// # Errors
    ///
    /// [`LaunchError::FailAtOnce`].
    pub(super) fn begin(&self, stop: &dyn Fn() -> bool) -> Result<(), LaunchError> {
        loop {
            let mut state = self.state();
            if state.works || state.failed < FIRST || stop() {
                state.running += 1;
                return Ok(());
            }
            if state.running == 0 {
                let (failure, name) = state.first.clone().expect("bug: a failure was counted");
                let log = self.study.logs().join(format!("{name}.log"));
                return Err(LaunchError::FailAtOnce { trials: state.failed, failure, log });
            }
            drop(state);
            std::thread::sleep(LOOK);
        }
    }

    /// A trial has ended.
    pub(super) fn end(&self, trial: &StudyTrial, ended: Option<&Ended>) {
        let mut state = self.state();
        state.running -= 1;
        let Some(ended) = ended else { return };
        match &ended.failure {
            Some(failure) if ended.seconds.is_none_or(|seconds| seconds < AT_ONCE) => {
                state.failed += 1;
                state.first.get_or_insert_with(|| (failure.clone(), trial.name().to_owned()));
            }
            _ => state.works = true,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
