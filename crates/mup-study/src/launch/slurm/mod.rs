//! A study's trials as job arrays of Slurm: what has no record is submitted until everything has one.
//!
//! Records alone decide; what Slurm says of its jobs is shown. Why each option is as it is: `docs/cluster.md`.

mod array;
mod command;
mod error;
mod missing;
mod options;
mod queue;
mod submission;

use std::time::{Duration, Instant};

pub(crate) use array::ranges;
pub use error::SlurmError;
pub use options::SlurmOptions;

use super::local::say_first;
use super::{LaunchError, Tuned, Watch};
use crate::Study;
use array::{Array, arrays};
use missing::Missing;
use submission::Submission;

/// Times that what is missing is submitted without any record coming of it.
const ROUNDS: usize = 3;
/// Times that a submission is repeated because Slurm is too busy for it: about a quarter of an hour.
const BUSY: u32 = 20;

/// Runs every trial that has no record by Slurm, one wave after the other.
///
/// Each task calls `trial --study DIR --index N` of the program that is running now, from the same working directory,
/// so both have to be found at the same path on the nodes. When `stop` says so this returns and leaves the tasks in
/// the queue; called again for the same study, it waits for them before it submits anything.
///
/// # Errors
///
/// [`LaunchError::Slurm`]; those of the study's files.
pub fn run_on_slurm(
    study: &Study,
    options: &SlurmOptions,
    stop: &(dyn Fn() -> bool + Sync),
    watch: &dyn Watch,
) -> Result<Tuned, LaunchError> {
    let submission = Submission::new(study, options)?;
    let launcher = Launcher { submission, limit: command::max_array_size()?, settle: options.settle, stop, watch };
    say_first(study, watch)?;
    // Always a fresh walk from the start: in another terminal `retry` may have made an earlier wave unfinished.
    while let Some(pending) = study.pending()? {
        study.refuse_changed()?;
        if launcher.finish(Missing::of(study, watch, pending))? == Tuned::Stopped {
            return Ok(Tuned::Stopped);
        }
    }
    study.refuse_changed()?;
    Ok(Tuned::Finished)
}

struct Launcher<'a> {
    submission: Submission,
    /// Tasks are numbered below it.
    limit: usize,
    settle: Duration,
    stop: &'a (dyn Fn() -> bool + Sync),
    watch: &'a dyn Watch,
}

/// The user wants to stop.
#[derive(Debug)]
struct Stop;

impl Launcher<'_> {
    /// Until the trials have records, or those of an earlier wave have none any more.
    fn finish(&self, mut missing: Missing<'_>) -> Result<Tuned, LaunchError> {
        if missing.is_empty() {
            return Ok(Tuned::Finished);
        }
        // What an earlier launcher left in the queue.
        let Ok(jobs) = self.wait(&mut missing)? else { return Ok(Tuned::Stopped) };
        if let Some(job) = jobs.last() {
            if self.settle(&mut missing)?.is_err() {
                return Ok(Tuned::Stopped);
            }
            self.explain_missing(&missing, job, &command::ended(job));
        }
        let mut fruitless = 0;
        while !missing.is_empty() && missing.is_next()? {
            let before = missing.len();
            let Ok((job, array)) = self.round(&mut missing)? else { return Ok(Tuned::Stopped) };
            if missing.is_empty() {
                break;
            }
            fruitless = if missing.len() < before { 0 } else { fruitless + 1 };
            let states = command::ended(&job);
            if fruitless == ROUNDS {
                return Err(self.submission.no_progress(&missing.indices(), fruitless, states, &job, &array).into());
            }
            self.explain_missing(&missing, &job, &states);
        }
        Ok(Tuned::Finished)
    }

    fn explain_missing(&self, missing: &Missing<'_>, job: &str, states: &str) {
        if !missing.is_empty() {
            let indices = ranges(&missing.indices());
            self.watch.say(&format!("array {job} has left the queue ({states}); trials without a record: {indices}"));
        }
    }

    /// Submits everything that is missing, an array at a time so that the throttle is what it says; the last of them.
    fn round(&self, missing: &mut Missing<'_>) -> Result<Result<(String, Array), Stop>, LaunchError> {
        let mut last = Err(Stop);
        for array in arrays(&missing.indices(), self.limit) {
            let Ok(job) = self.submit(&array, missing)? else { return Ok(Err(Stop)) };
            if self.wait(missing)?.is_err() {
                return Ok(Err(Stop));
            }
            last = Ok((job, array));
        }
        Ok(self.settle(missing)?.and(last))
    }

    /// Submits; the id of the array.
    fn submit(&self, array: &Array, missing: &mut Missing<'_>) -> Result<Result<String, Stop>, LaunchError> {
        let mut busy = 0;
        while !(self.stop)() {
            match self.submission.submit(array) {
                Ok(job) => {
                    let (trials, name) = (ranges(&array.indices()), self.submission.name());
                    self.watch.say(&format!("submitted trials {trials} as array {job}, named {name}"));
                    return Ok(Ok(job));
                }
                // It may have been accepted all the same, so the queue is looked at before the next.
                Err(SlurmError::Refused { said, .. }) if busy < BUSY && is_busy(&said) => {
                    self.watch.say(&format!("sbatch is tried again: {said}"));
                    let pause = Duration::from_secs(1 << busy.min(6));
                    busy += 1;
                    if self.pause(pause).is_err() || self.wait(missing)?.is_err() {
                        break;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Err(Stop))
    }

    /// Looks again for records whose tasks have ended: a shared file system may list them late.
    fn settle(&self, missing: &mut Missing<'_>) -> Result<Result<(), Stop>, LaunchError> {
        let begun = Instant::now();
        loop {
            missing.look()?;
            let left = self.settle.saturating_sub(begun.elapsed());
            if missing.is_empty() || left.is_zero() {
                return Ok(Ok(()));
            }
            if self.pause(left.min(Duration::from_secs(1))).is_err() {
                return Ok(Err(Stop));
            }
        }
    }

    fn pause(&self, duration: Duration) -> Result<(), Stop> {
        let end = Instant::now() + duration;
        while !(self.stop)() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
        Err(Stop)
    }
}

/// Whether Slurm's controller could not be asked, rather than said no.
fn is_busy(said: &str) -> bool {
    ["timed out", "Unable to contact", "standby", "temporarily"].iter().any(|word| said.contains(word))
}
