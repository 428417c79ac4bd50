//! Whether trials fail from the start: a script that is not found ruins no night.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::launch::LaunchError;
use crate::{Failure, Outcome, Study, StudyError, StudyTrial, TrialEnd};

/// So many of the first trials must fail …
const FIRST: usize = 3;
/// … within so long each, in seconds.
const AT_ONCE: f64 = 1.0;
/// Between two looks at trials that still run.
const LOOK: Duration = Duration::from_millis(50);

/// The first trials of a study.
pub(super) struct FirstTrials<'a> {
    study: &'a Study,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    failed: usize,
    /// Those of them that failed before.
    earlier: usize,
    /// The first failure, and its trial's name.
    first: Option<(Failure, String)>,
    /// A trial has run longer or ended otherwise: the program works, whatever fails later.
    works: bool,
}

impl State {
    fn take(&mut self, name: &str, failure: Option<&Failure>, seconds: Option<f64>) {
        match failure {
            Some(failure) if seconds.is_none_or(|seconds| seconds < AT_ONCE) => {
                self.failed += 1;
                self.first.get_or_insert_with(|| (failure.clone(), name.to_owned()));
            }
            _ => self.works = true,
        }
    }
}

impl<'a> FirstTrials<'a> {
    /// Of a study; `keep_going` looks at nothing. What an earlier `tune` recorded counts: a result shows that the program
    /// works, and trials that failed at once are not followed by more, run after run.
    ///
    /// # Errors
    ///
    /// Those of the study's files.
    pub(super) fn new(study: &'a Study, keep_going: bool) -> Result<Self, StudyError> {
        let mut state = State { works: keep_going, ..State::default() };
        for record in study.records()?.records {
            let failure = match record.outcome {
                Outcome::Failed(failure) => Some(failure),
                _ => None,
            };
            state.take(record.trial.name(), failure.as_ref(), Some(record.seconds));
        }
        state.earlier = state.failed;
        Ok(Self { study, state: Mutex::new(state) })
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
                let log = Some(self.study.logs().join(format!("{name}.log"))).filter(|log| log.is_file());
                let (trials, earlier) = (state.failed, state.failed == state.earlier);
                return Err(LaunchError::FailAtOnce { trials, earlier, failure, log });
            }
            drop(state);
            std::thread::sleep(LOOK);
        }
    }

    /// A trial has ended.
    pub(super) fn end(&self, trial: &StudyTrial, ended: Option<&TrialEnd>) {
        let mut state = self.state();
        state.running -= 1;
        if let Some(ended) = ended {
            state.take(trial.name(), ended.failure.as_ref(), ended.seconds);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
