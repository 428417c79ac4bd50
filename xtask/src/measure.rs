//! Runs setups over seeds, several at a time, each on one thread.

use std::{
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};
use mup_verdict::coordinates::{Activations, CoordCheck, Record, Records, TrialError};

use crate::setup::Setup;

/// The records of every setup, in order, over the same seeds.
///
/// Trials are small, so that threads within one are a loss: each worker has a pool of one thread, which is also
/// why the numbers do not depend on how many workers there are.
///
/// # Errors
///
/// The first error of a trial.
pub(crate) fn measure(setups: &[Setup], seeds: Range<u64>) -> Result<Vec<Records>, TrialError> {
    let jobs: Vec<(usize, u64)> =
        (0..setups.len()).flat_map(|idx| seeds.clone().map(move |seed| (idx, seed))).collect();
    let bar = progress_bar(jobs.iter().map(|(idx, _)| setups[*idx].widths.len()).sum());
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(jobs.len())));
    let workers = std::thread::available_parallelism()?.get().min(jobs.len().max(1));
    let work = || -> Result<(), TrialError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        while let Some((idx, seed)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
            let records = pool.install(|| one_seed(&setups[idx], seed, &bar))?;
            done.lock().map_err(|_| "bug: a worker panicked")?.push((idx, seed, records));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let results = workers.into_iter().map(|worker| worker.join().map_err(|_| "bug: a worker panicked")?);
        results.collect::<Result<Vec<()>, TrialError>>()
    })?;
    bar.finish_and_clear();
    let mut done = done.into_inner().map_err(|_| "bug: a worker panicked")?;
    done.sort_by_key(|(idx, seed, _)| (*idx, *seed));
    let mut by_setup = vec![Vec::new(); setups.len()];
    done.into_iter().for_each(|(idx, _, records)| by_setup[idx].extend(records));
    Ok(by_setup.into_iter().map(Records::new).collect())
}

fn one_seed(setup: &Setup, seed: u64, bar: &ProgressBar) -> Result<Vec<Record>, TrialError> {
    let subject = setup.subject()?;
    let check = CoordCheck::new(setup.widths.clone(), 1, setup.steps)?;
    let records = check.run(|width, _| {
        bar.set_message(format!("{} {} · width {width} seed {seed}", setup.model, setup.optimizer));
        bar.inc(1);
        let mut trial = subject.trial(setup, width, seed)?;
        Ok(move |seen: &mut Activations| trial(seen))
    })?;
    let unjudged = setup.unjudged()?;
    let judged = records.iter().filter(|record| !unjudged.iter().any(|pattern| pattern.matches(&record.module)));
    Ok(judged.map(|record| Record { seed, ..record.clone() }).collect())
}

fn progress_bar(n_trials: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:40} {wide_bar} {pos}/{len} · {eta} left");
    ProgressBar::new(n_trials as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
