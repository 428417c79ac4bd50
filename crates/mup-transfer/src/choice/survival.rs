//! What became of samples at longer horizons: a diverged seed makes a sample infinitely bad at every horizon.

use std::collections::HashSet;

use mup_study::{Outcome, Space, Values};

use super::candidate::{Judged, Judgment};
use super::rate;
use super::warning::Warning;

/// The longest horizon at which each of some values went wrong: it diverged there, or its losses hide something.
pub(super) struct WentWrong(HashSet<(String, usize)>, Vec<usize>);

impl WentWrong {
    pub(super) fn of(judged: &[Judged<'_>]) -> Self {
        let wrong = |one: &&Judged<'_>| matches!(one.judgment, Judgment::Diverged | Judgment::Doubtful(_));
        let all: HashSet<(String, usize)> =
            judged.iter().filter(wrong).map(|one| (name(one.values), one.steps)).collect();
        let mut steps: Vec<usize> = all.iter().map(|(_, steps)| *steps).collect();
        steps.sort_unstable();
        steps.dedup();
        Self(all, steps)
    }

    /// Whether the values did so at a horizon that is longer than this one.
    pub(super) fn later(&self, values: &Values, steps: usize) -> bool {
        let mut longer = self.1.iter().filter(|one| **one > steps).peekable();
        if longer.peek().is_none() {
            return false;
        }
        let name = name(values);
        longer.any(|steps| self.0.contains(&(name.clone(), *steps)))
    }
}

fn name(values: &Values) -> String {
    serde_json::to_string(values).expect("bug: values are JSON")
}

/// None where something finished at the longest horizon that any trial reached, or where nothing diverged there.
pub(super) fn warning(space: &Space, judged: &[Judged<'_>], chosen: usize) -> Option<Warning> {
    let diverged = |one: &&Judged<'_>| one.steps > chosen && one.judgment == Judgment::Diverged;
    let steps = judged.iter().filter(diverged).map(|one| one.steps).max()?;
    let there = || judged.iter().filter(|one| one.steps == steps);
    if there().any(|one| matches!(one.judgment, Judgment::Doubtful(_))) {
        return None;
    }
    let rates = there().filter(diverged).filter_map(|one| rate::value(space, one.values));
    Some(Warning::NoneSurvived {
        short: chosen,
        long: steps,
        samples: there().count(),
        diverged: there().filter(diverged).count(),
        step: there().flat_map(|one| &one.records).filter_map(|record| not_finite(&record.outcome)).min(),
        name: rate::of(space).map(str::to_owned),
        lowest: rates.min_by(f64::total_cmp),
    })
}

fn not_finite(outcome: &Outcome) -> Option<usize> {
    match outcome {
        Outcome::NotFinite { step } => Some(*step),
        _ => None,
    }
}
