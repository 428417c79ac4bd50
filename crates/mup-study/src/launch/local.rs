//! Workers of this machine.

use std::collections::BTreeSet;
use std::sync::Once;
use std::time::Duration;

use mup_sweep::in_parallel;

use super::Watch;
use crate::study::{Claimed, Pending};
use crate::{RecordSource, Study, StudyError, StudyTrial, TrialEnd};

/// How long to wait for a trial that another worker holds.
const PATIENCE: Duration = Duration::from_millis(200);

/// How a study was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tuned {
    /// Every trial has a record.
    Finished,
    /// `stop` said so before that.
    Stopped,
}

/// Runs every trial that has no record, `jobs` at a time, one wave after the other.
///
/// A trial that another worker holds is left to it; its record is waited for. Trials that are closures have one
/// thread each (see [`in_parallel`], also for what they draw at random). `stop` is asked before every trial.
///
/// ```
/// use mup_study::launch::{Silent, Tuned, run_locally};
/// use mup_study::{TrialCurve, TrialEnd, Space, Stage, Study, StudyConfig, StudyError};
///
/// # let folder = tempfile::tempdir()?;
/// let config = StudyConfig::new(Space::named("rate")?, vec![Stage::of(10, 8)]);
/// let study = Study::create(&folder.path().join("rates"), config)?;
/// let tuned = run_locally(&study, 2, &|| false, &Silent, &|trial, _| {
///     let rate = trial.values.number("learning-rate").unwrap();
///     let losses = (0..trial.steps).map(|step| 5.0 - step as f64 * rate.min(0.01)).collect();
///     Ok::<_, StudyError>(TrialEnd::from(TrialCurve { losses, ..TrialCurve::default() }))
/// })?;
/// assert_eq!(tuned, Tuned::Finished);
/// assert_eq!(study.records()?.records.len(), 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The first error of a trial, which leaves no record; those of the study's files.
pub fn run_locally<E: From<StudyError> + Send>(
    study: &Study,
    jobs: usize,
    stop: &(dyn Fn() -> bool + Sync),
    watch: &dyn Watch,
    run: &(impl Fn(&StudyTrial, &dyn Fn(usize, f64)) -> Result<TrialEnd, E> + Sync),
) -> Result<Tuned, E> {
    say_first(study, watch)?;
    let (unlocked, mut told, mut waited_for) = (Once::new(), None, BTreeSet::new());
    // Always a fresh walk from the start: in another terminal `retry` may have made an earlier wave unfinished.
    while let Some(Pending { number, trials, missing }) = study.pending()? {
        study.refuse_changed()?;
        if told != Some(number) {
            watch.wave(trials, trials - missing.len());
            told = Some(number);
        }
        let run = |(_, trial): &(usize, StudyTrial)| {
            if stop() { Ok(Ran::Stopped) } else { run_claimed(study, trial, watch, &unlocked, run) }
        };
        let ran = in_parallel(jobs, &missing, run)?;
        if stop() {
            return Ok(Tuned::Stopped);
        }
        if ran.iter().any(|ran| matches!(ran, Ran::Here)) {
            continue;
        }
        for ran in ran {
            if let Ran::Elsewhere(sentence) = ran
                && waited_for.insert(sentence.clone())
            {
                watch.say(&sentence);
            }
        }
        std::thread::sleep(PATIENCE);
    }
    study.refuse_changed()?;
    Ok(Tuned::Finished)
}

/// Says, before anything is trained, which results belong to another configuration; sets damaged records aside, and says
/// so once.
pub(super) fn say_first(study: &Study, watch: &dyn Watch) -> Result<(), StudyError> {
    for oddity in study.oddities() {
        watch.say(&format!("warning: study.toml of version 1: {oddity}"));
    }
    let found = study.records()?;
    for others in found.others {
        watch.say(&others.to_string());
    }
    for changed in found.changed {
        watch.say(&format!("warning: {changed}, so that losses may not compare"));
    }
    for (kept_as, reason) in study.set_damaged_aside()? {
        let kept_as = kept_as.display();
        watch.say(&format!(
            "warning: a record was damaged ({reason}); it is kept as {kept_as}, and its trial is run again"
        ));
    }
    Ok(())
}

/// What became of a trial that had no record.
enum Ran {
    /// It was this worker's.
    Here,
    /// `stop` said so before.
    Stopped,
    /// Another worker has it: a sentence.
    Elsewhere(String),
}

/// Runs a trial unless another worker does.
fn run_claimed<E: From<StudyError>>(
    study: &Study,
    trial: &StudyTrial,
    watch: &dyn Watch,
    unlocked: &Once,
    run: &impl Fn(&StudyTrial, &dyn Fn(usize, f64)) -> Result<TrialEnd, E>,
) -> Result<Ran, E> {
    study.refuse_changed()?;
    let claim = match study.claim(trial)? {
        Claimed::Here(claim) => claim,
        Claimed::Elsewhere(holder) => {
            return Ok(Ran::Elsewhere(format!("waiting for {}, which is run by {holder}", trial.place())));
        }
    };
    if let Some(why) = claim.unlocked() {
        let file = claim.path().display();
        unlocked.call_once(|| {
            watch.say(&format!(
                "warning: no file can be locked here ({file}: {why}); two workers may run the same trial"
            ));
        });
    }
    let (record, source) = study.run(trial, || {
        watch.begin(trial);
        run(trial, &|step, loss| watch.step(trial, step, loss))
    })?;
    drop(claim);
    if source != RecordSource::Read {
        watch.end(&record, &source);
    }
    Ok(Ran::Here)
}
