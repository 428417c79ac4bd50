//! Waiting until a study's tasks have left the queue.

use std::collections::BTreeSet;
use std::time::Duration;

use super::command::{self, Entry};
use super::missing::Missing;
use super::{Launcher, SlurmError, Stop};
use crate::launch::LaunchError;

/// Between two looks at the queue, at first and at last: short arrays end soon, and long ones need no questions.
const POLL: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(10)];

/// What was said already while waiting.
#[derive(Default)]
struct Said {
    jobs: BTreeSet<String>,
    reasons: BTreeSet<String>,
    unanswered: bool,
}

impl Launcher<'_> {
    /// Until no array of the study is in the queue, whichever launcher submitted it; their ids. If the user wants to stop
    /// the tasks are left there: a launcher that is killed, or loses its terminal, could do nothing else.
    pub(super) fn wait(&self, missing: &mut Missing<'_>) -> Result<Result<Vec<String>, Stop>, LaunchError> {
        let mut said = Said::default();
        let mut poll = POLL[0];
        loop {
            match command::queue() {
                Ok(mut queue) => {
                    queue.retain(|entry| entry.name == self.submission.name());
                    // After the question, so that what ended before it is seen.
                    missing.look()?;
                    if queue.is_empty() {
                        return Ok(Ok(said.jobs.into_iter().collect()));
                    }
                    self.explain(&queue, &mut said);
                }
                // The tasks run without the controller.
                Err(SlurmError::Refused { said: why, .. }) => {
                    missing.look()?;
                    if !std::mem::replace(&mut said.unanswered, true) {
                        self.watch.say(&format!("squeue is asked again and again: {why}"));
                    }
                }
                Err(error) => return Err(error.into()),
            }
            if self.pause(poll).is_err() {
                let jobs: Vec<String> = said.jobs.into_iter().collect();
                if !jobs.is_empty() {
                    let jobs = jobs.join(" ");
                    self.watch.say(&format!(
                        "the tasks stay in the queue, and the same command waits for them; to cancel them: scancel {jobs}"
                    ));
                }
                return Ok(Err(Stop));
            }
            poll = poll.mul_f64(1.5).min(POLL[1]);
        }
    }

    /// Says which arrays are waited for, if another launcher submitted them, and once each reason why a task waits:
    /// Slurm accepts tasks that can never start.
    fn explain(&self, queue: &[Entry], said: &mut Said) {
        said.unanswered = false;
        for entry in queue {
            if said.jobs.insert(entry.job.clone()) && !self.submission.submitted(&entry.job) {
                self.watch.say(&format!("array {} of this study is in the queue, and is waited for", entry.job));
            }
            let waits = entry.state == "PENDING" && !["None", "JobArrayTaskLimit"].contains(&entry.reason.as_str());
            if waits && said.reasons.insert(entry.reason.clone()) {
                self.watch.say(&format!("tasks of array {} wait: {}", entry.job, entry.reason));
            }
        }
    }
}
