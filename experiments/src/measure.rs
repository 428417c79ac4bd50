//! Runs setups over seeds, several at a time, each on one thread.

use std::{num::NonZeroUsize, ops::Range};

use indicatif::{ProgressBar, ProgressStyle};
use mup_sweep::in_parallel;
use mup_verdict::coordinates::{CoordCheck, Record, Records, Source, TrialError};

use crate::{setup::Setup, subjects};

/// One run at a time for each core.
fn jobs() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The records of every setup, in order, over the same seeds.
///
/// # Errors
///
/// The first error of a trial.
pub(crate) fn measure(setups: &[Setup], seeds: Range<u64>) -> Result<Vec<Records>, TrialError> {
    let runs: Vec<(usize, u64)> =
        (0..setups.len()).flat_map(|idx| seeds.clone().map(move |seed| (idx, seed))).collect();
    let bar = progress_bar(runs.len());
    let records = in_parallel(jobs().get(), &runs, |(idx, seed)| {
        let setup = &setups[*idx];
        bar.set_message(format!("{} {} · seed {seed}", setup.model, setup.optimizer));
        let records = one_seed(setup, *seed)?;
        bar.inc(1);
        Ok::<_, TrialError>(records)
    })?;
    bar.finish_and_clear();
    let mut by_setup = vec![Vec::new(); setups.len()];
    runs.iter().zip(records).for_each(|((idx, _), records)| by_setup[*idx].extend(records));
    Ok(by_setup.into_iter().map(Records::new).collect())
}

fn one_seed(setup: &Setup, seed: u64) -> Result<Vec<Record>, TrialError> {
    let family = subjects::family(setup);
    let run = |width| subjects::run(setup, &*family, width, seed);
    let records = if setup.along_depth() {
        let check = CoordCheck::new(setup.widths.clone(), 1, 1)?.with_sources(Source::ALONG_DEPTH);
        check.run(|depth, _| family.depth_trial(&run(depth)?, &setup.device))?
    } else {
        let check = CoordCheck::new(setup.widths.clone(), 1, setup.steps)?;
        check.run(|width, _| family.trial(&run(width)?, &setup.device))?
    };
    Ok(records.iter().map(|record| Record { seed, ..record.clone() }).collect())
}

/// A bar with a message.
fn progress_bar(length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:40} {wide_bar} {pos}/{len} · {eta} left");
    ProgressBar::new(length as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
