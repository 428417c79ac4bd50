//! Runs the trials of a check: one after the other or side by side, new or read back. Knows no model.

use std::num::NonZeroUsize;

use mup_sweep::in_parallel;

use super::{
    Activations, CheckError, CoordCheck, Record, Records, TrialError, folder::Finished, generators::Generators,
};

impl CoordCheck {
    /// Builds a trial per width and seed, and calls it `steps + 1` times.
    ///
    /// A trial is a closure that does one training step on **the same batch every time**: forward, reporting
    /// activations to the probe, then backward and update. Call t (from 0) therefore shows x_t. Before each call Burn's
    /// generator is seeded, by width and seed alone, so that dropout drops the same in every call.
    ///
    /// # Errors
    ///
    /// [`CheckError::Build`] and [`CheckError::Step`] carry the closures' own errors, [`CheckError::Panicked`] their
    /// panics; [`CheckError::NothingObserved`], [`CheckError::SourceNotObserved`], [`CheckError::UnknownModule`],
    /// [`CheckError::EmptyActivation`], [`CheckError::ChangedBetweenSteps`] for a probe that cannot be used;
    /// [`CheckError::OtherCheck`], [`CheckError::Read`], [`CheckError::Write`] for the folder. A model that
    /// diverges is no error.
    pub fn run<T>(&self, mut build: impl FnMut(usize, u64) -> Result<T, TrialError>) -> Result<Records, CheckError>
    where
        T: FnMut(&mut Activations) -> Result<(), TrialError>,
    {
        let (finished, generators) = (Finished::of(self)?, Generators::new());
        let mut records = Vec::new();
        for (width, seed) in self.trials() {
            records.extend(self.read_or_run((width, seed), &finished, &generators, &mut build)?);
        }
        Ok(Records { records, damaged: finished.damaged })
    }

    /// The same with `jobs` trials side by side, and the same records to the bit.
    ///
    /// Each trial has one thread of its own, see [`in_parallel`]. Wide trials start first, so that the last ones to
    /// finish are short. Burn's generator is one for all threads: if trials draw from it (dropout), they do so one pass at a
    /// time, and little is gained by several jobs.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run), the one of the widest trial that failed.
    pub fn run_parallel<T, F>(&self, jobs: NonZeroUsize, build: F) -> Result<Records, CheckError>
    where
        F: Fn(usize, u64) -> Result<T, TrialError> + Sync,
        T: FnMut(&mut Activations) -> Result<(), TrialError>,
    {
        let (finished, generators) = (Finished::of(self)?, Generators::new());
        let widest_first: Vec<(usize, u64)> = self.trials().into_iter().rev().collect();
        let run = |&trial: &(usize, u64)| self.read_or_run(trial, &finished, &generators, &build);
        let records = in_parallel(jobs.get(), &widest_first, run)?;
        Ok(Records { records: records.into_iter().rev().flatten().collect(), damaged: finished.damaged })
    }

    fn read_or_run<T>(
        &self,
        (width, seed): (usize, u64),
        finished: &Finished,
        generators: &Generators,
        build: impl FnMut(usize, u64) -> Result<T, TrialError>,
    ) -> Result<Vec<Record>, CheckError>
    where
        T: FnMut(&mut Activations) -> Result<(), TrialError>,
    {
        if let Some(records) = finished.get(width, seed) {
            (0..=self.steps).for_each(|step| self.passed(width, seed, step));
            return Ok(records.to_vec());
        }
        let records = self.run_trial(width, seed, generators, build)?;
        finished.keep(width, seed, &records)?;
        Ok(records)
    }
}
