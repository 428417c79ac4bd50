//! Tuning: every trial of a study, here or on a cluster.

use mup_study::Study;
use mup_study::cli::{self, Interrupt, TuneArguments, say};
use mup_study::launch::Tuned;

use super::study::Proxy;
use crate::error::RunError;

/// Runs every trial that has no record, each in a process of its own.
pub(super) fn tune(study: &Study, arguments: &TuneArguments) -> Result<Tuned, RunError> {
    // Data or a program that changed would fail every trial; better to say so once.
    Proxy::of(study.config())?.trainer(study)?;
    let (space, n_trials) = (&study.config().space, study.config().n_trials());
    let names: Vec<&str> = space.varied().map(|(name, _)| name).collect();
    say(format!("\nTuning {} on the proxy, {n_trials} trials in {}", names.join(", "), study.folder().display()));
    Ok(cli::tune(study, arguments, &Interrupt::listen()?)?)
}
