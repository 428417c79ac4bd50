//! A sample judged over its seeds; the same values are one sample.

use std::collections::BTreeMap;

use mup_study::{Outcome, StoppedLoss, StudyConfig, StudyRecord, Values};
use serde::{Deserialize, Serialize};

use super::distinct::{Run, runs};

/// A sample that finished with every seed, at one horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Number of the sample; of several with the same values the first.
    pub sample: usize,
    /// Horizon.
    pub steps: usize,
    /// What was tried.
    pub values: Values,
    /// Training loss, smoothed over the last steps; mean over the seeds.
    pub loss: f64,
    /// Of the mean; none with a single seed.
    pub standard_error: Option<f64>,
}

impl Candidate {
    /// The order of the choice: by loss, of equal ones the earlier.
    pub(super) fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.loss.total_cmp(&other.loss).then(self.sample.cmp(&other.sample))
    }
}

/// What became of a sample at one horizon.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Judgment {
    Finished(Candidate),
    /// It finished, and what it says of its loss is not believed.
    Doubtful(Candidate),
    /// With at least one seed.
    Diverged,
    /// A seed has no record, or its run failed: nothing can be said.
    Unknown,
}

/// A sample with all its records at one horizon.
#[derive(Clone, Debug)]
pub(super) struct Judged<'a> {
    pub(super) steps: usize,
    pub(super) values: &'a Values,
    pub(super) judgment: Judgment,
    /// The first seed's that stopped at one number.
    pub(super) frozen: Option<StoppedLoss>,
    pub(super) records: Vec<&'a StudyRecord>,
    /// Samples that have these values.
    pub(super) places: usize,
}

/// Every sample at every horizon, in order of (horizon, sample). Those with the same values are one: they are one run,
/// which says nothing of chance to itself.
pub(super) fn judge<'a>(config: &StudyConfig, records: &'a [StudyRecord]) -> Vec<Judged<'a>> {
    let mut groups: BTreeMap<(usize, usize), Vec<Run<'a>>> = BTreeMap::new();
    for run in runs(records) {
        groups.entry((run.record.trial.steps, run.record.trial.sample)).or_default().push(run);
    }
    let judged = |((steps, _), runs): ((usize, usize), Vec<Run<'a>>)| {
        let places = runs.iter().map(|run| run.places).max().unwrap_or(0);
        let records: Vec<&StudyRecord> = runs.iter().map(|run| run.record).collect();
        let frozen = records.iter().find_map(|record| record.stopped_loss());
        let judgment = match judgment(config.distinct_seeds().len(), &records) {
            Judgment::Finished(candidate) if frozen.is_some() => Judgment::Doubtful(candidate),
            judgment => judgment,
        };
        Judged { steps, values: &records[0].trial.values, judgment, frozen, records, places }
    };
    groups.into_iter().map(judged).collect()
}

/// Takes doubtful samples for finished ones.
pub(super) fn trust_all(judged: &mut [Judged<'_>]) {
    for one in judged {
        if let Judgment::Doubtful(candidate) = &one.judgment {
            one.judgment = Judgment::Finished(candidate.clone());
        }
    }
}

fn judgment(seeds: usize, records: &[&StudyRecord]) -> Judgment {
    let diverged = |outcome: &Outcome| match outcome {
        Outcome::Failed(_) => false,
        outcome => !outcome.loss().is_some_and(f64::is_finite),
    };
    if records.iter().any(|record| diverged(&record.outcome)) {
        return Judgment::Diverged;
    }
    let losses: Vec<f64> = records.iter().filter_map(|record| record.outcome.loss()).collect();
    if losses.len() < seeds || losses.is_empty() {
        return Judgment::Unknown;
    }
    let trial = &records[0].trial;
    let n = losses.len() as f64;
    let loss = losses.iter().sum::<f64>() / n;
    if !loss.is_finite() {
        return Judgment::Diverged;
    }
    let standard_error = variance(&losses).map(|variance| (variance / n).sqrt()).filter(|error| error.is_finite());
    let values = trial.values.clone();
    Judgment::Finished(Candidate { sample: trial.sample, steps: trial.steps, values, loss, standard_error })
}

/// The unbiased estimate; none from fewer than two.
pub(super) fn variance(losses: &[f64]) -> Option<f64> {
    let n = losses.len() as f64;
    let mean = losses.iter().sum::<f64>() / n;
    (losses.len() > 1).then(|| losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / (n - 1.0))
}
