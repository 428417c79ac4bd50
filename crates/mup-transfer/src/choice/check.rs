//! Which warnings a choice deserves.

use std::collections::BTreeMap;

use mup_study::{Dimension, Outcome, Records, Space, StudyConfig, StudyRecord};

use super::candidate::{Candidate, Judged, Judgment};
use super::flat::{is_flat, learned_nothing};
use super::frozen::FrozenLoss;
use super::order::in_order;
use super::warning::Warning;
use super::{Choice, Noise};
use super::{edge, ignored, proxy, rate, survival, transferable};
use crate::Transferable;

/// Samples per hyperparameter that will do. A rule of thumb: 48 for the six of GPT-3, where the paper had 350.
const PER_DIMENSION: usize = 8;
/// Relative speed above which a run is taken for unfinished: a loss that falls with the logarithm of time after τ
/// steps has 1/ln(T/τ) at step T, which is this at T = 55 τ.
const SPEED: f64 = 0.25;

pub(super) fn check(config: &StudyConfig, records: &Records, judged: &[Judged<'_>], choice: &Choice) -> Vec<Warning> {
    let mut warnings = Vec::new();
    warnings.extend(survival::warning(&config.space, judged, choice.best.steps));
    warnings.extend(damaged(records));
    warnings.extend(unreadable(records));
    warnings.extend(records.changed.iter().cloned().map(|changed| Warning::FileChanged { changed }));
    warnings.extend(incomplete(records, choice));
    warnings.extend(more_steps(records));
    let frozen = frozen(&config.space, judged, choice);
    let hidden = matches!(frozen, Some(Warning::FrozenLoss { chosen: true, .. }));
    warnings.extend(frozen);
    let ignored = ignored::check(&config.space, &records.records);
    let one_curve = ignored.iter().any(|warning| matches!(warning, Warning::NoEffect { one_curve: true, .. }));
    warnings.extend(ignored);
    let nothing = nothing_learned(&config.space, judged, &choice.best);
    let flat = nothing.is_some();
    // A loss that hides something, or that no value changes, does not say that its rate is too low.
    warnings.extend(nothing.filter(|_| !hidden && !one_curve));
    warnings.extend(few_samples(&config.space, judged));
    // The place of the best of those that learned nothing is chance.
    if !flat {
        warnings.extend(edge::check(&in_order(&config.space), judged, choice));
    }
    warnings.extend(optimum_moves(judged, &choice.best, choice.noise.as_ref()));
    warnings.extend(still_falling(records, &choice.best));
    warnings.extend(proxy::check(&config.proxy));
    warnings.extend(transfer(&config.space));
    warnings
}

fn more_steps(records: &Records) -> Option<Warning> {
    let beyond = |record: &StudyRecord| Some((record.curve.steps_beyond(record.trial.steps)?, record.trial.steps));
    let mut found = records.records.iter().filter_map(beyond);
    let (reported, asked) = found.next()?;
    Some(Warning::MoreSteps { trials: 1 + found.count(), reported, asked })
}

/// The best first.
fn frozen(space: &Space, judged: &[Judged<'_>], choice: &Choice) -> Option<Warning> {
    let one = |one: &Judged<'_>| {
        let (Judgment::Finished(candidate) | Judgment::Doubtful(candidate)) = &one.judgment else { return None };
        let (frozen, values) = (one.frozen?, rate::values(space, one.values));
        let (sample, steps, judged) = (candidate.sample, candidate.steps, candidate.loss);
        Some(FrozenLoss { sample, steps, values, loss: frozen.loss, from: frozen.from, judged })
    };
    let mut samples: Vec<FrozenLoss> = judged.iter().filter_map(one).collect();
    samples.sort_by(|a, b| b.steps.cmp(&a.steps).then(a.judged.total_cmp(&b.judged)).then(a.sample.cmp(&b.sample)));
    let best = &choice.best;
    let chosen = samples.iter().any(|one| (one.sample, one.steps) == (best.sample, best.steps));
    (!samples.is_empty()).then_some(Warning::FrozenLoss { samples, chosen, best: best.sample })
}

/// Whether the best has learned nothing, at the best's horizon.
fn nothing_learned(space: &Space, judged: &[Judged<'_>], best: &Candidate) -> Option<Warning> {
    let flat = |one: &&Judged<'_>| one.records.iter().all(|record| learned_nothing(record));
    let told = |one: &&Judged<'_>| one.steps == best.steps && matches!(one.judgment, Judgment::Finished(_));
    let nothing: Vec<&Judged<'_>> = judged.iter().filter(told).filter(flat).collect();
    let of_best = nothing.iter().find(|one| one.records[0].trial.sample == best.sample)?;
    let first = of_best.records[0].curve.losses.first().copied()?;
    let rates = nothing.iter().filter_map(|one| rate::value(space, one.values));
    let diverged = judged.iter().filter(|one| one.judgment == Judgment::Diverged);
    Some(Warning::LearnedNothing {
        name: rate::of(space).map(str::to_owned),
        samples: nothing.len(),
        of: judged.iter().filter(told).count(),
        losses: [first, best.loss],
        highest: rates.max_by(f64::total_cmp),
        diverges: diverged.filter_map(|one| rate::value(space, one.values)).min_by(f64::total_cmp),
        few: Some(best.steps).filter(|steps| *steps < Outcome::FEWEST_STEPS),
    })
}

fn damaged(records: &Records) -> Option<Warning> {
    let (path, reason) = records.damaged.first()?;
    let first = format!("{} ({reason})", path.display());
    Some(Warning::Damaged { files: records.damaged.len(), first })
}

fn unreadable(records: &Records) -> Option<Warning> {
    let (path, reason) = records.unreadable.first()?;
    let first = format!("{} ({reason})", path.display());
    Some(Warning::Unreadable { files: records.unreadable.len(), first })
}

fn incomplete(records: &Records, choice: &Choice) -> Vec<Warning> {
    let failures = || records.records.iter().filter_map(failure);
    let mut warnings = Vec::new();
    if let Some(first) = failures().next() {
        warnings.push(Warning::Failed { trials: failures().count(), first });
    }
    let trials = choice.counts.iter().map(|counts| counts.missing).sum();
    if trials > 0 {
        warnings.push(Warning::Missing { trials });
    }
    warnings
}

pub(super) fn failure(record: &StudyRecord) -> Option<String> {
    match &record.outcome {
        Outcome::Failed(failure) => Some(format!("{}: {failure}", record.trial.place())),
        _ => None,
    }
}

/// A list that was walked from end to end needs no more samples.
fn few_samples(space: &Space, judged: &[Judged<'_>]) -> Option<Warning> {
    let told =
        |steps: usize| judged.iter().filter(|one| one.steps == steps && one.judgment != Judgment::Unknown).count();
    let samples = judged.iter().map(|one| told(one.steps)).max()?;
    let dimensions = space.varied().count();
    let points = space.varied().map(|(_, dimension)| count(dimension));
    let walked = points.product::<Option<f64>>().is_some_and(|points| samples as f64 >= points);
    let advised = PER_DIMENSION * dimensions;
    (samples < advised && !walked).then_some(Warning::FewSamples { samples, dimensions, advised })
}

/// How many values there are; none where there is a continuum. Whole numbers may be too many to list.
fn count(dimension: &Dimension) -> Option<f64> {
    match dimension {
        Dimension::Integer([low, high]) => Some(*high as f64 - *low as f64 + 1.0),
        listed => Some(listed.settings()?.len() as f64),
    }
}

/// Compares, at the longest horizon, its best with the best of the next shorter one.
fn optimum_moves(judged: &[Judged<'_>], best: &Candidate, noise: Option<&Noise>) -> Option<Warning> {
    let tolerance = noise?.tolerance;
    let finished = judged.iter().filter_map(|one| match &one.judgment {
        Judgment::Finished(candidate) => Some(candidate),
        Judgment::Doubtful(_) | Judgment::Diverged | Judgment::Unknown => None,
    });
    let short = finished.clone().map(|candidate| candidate.steps).filter(|steps| *steps < best.steps).max()?;
    let winner = finished.clone().filter(|candidate| candidate.steps == short).min_by(|a, b| a.order(b))?;
    let again =
        finished.clone().find(|candidate| candidate.steps == best.steps && candidate.values == winner.values)?;
    let difference = again.loss - best.loss;
    let moves = Warning::OptimumMoves { short, long: best.steps, difference, tolerance };
    (difference > tolerance).then_some(moves)
}

/// Compares the fall over the last two tenths with that over the whole run; mean over the seeds.
fn still_falling(records: &Records, best: &Candidate) -> Option<Warning> {
    let runs = records.records.iter().filter(|record| {
        record.trial.sample == best.sample && record.trial.steps == best.steps && record.curve.losses.len() >= 20
    });
    let speeds: Vec<f64> = runs.filter_map(|record| speed(&record.curve.losses)).collect();
    let speed = speeds.iter().sum::<f64>() / speeds.len() as f64;
    (speed > SPEED).then_some(Warning::StillFalling { steps: best.steps, speed })
}

/// 1 for a straight line, 0 for a run that has arrived; none if it learned nothing.
fn speed(losses: &[f64]) -> Option<f64> {
    if is_flat(losses) {
        return None;
    }
    let tenth = losses.len() / 10;
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (rest, last) = losses.split_at(losses.len() - tenth);
    let before = mean(&rest[rest.len() - tenth..]);
    let fall = losses.first()? - mean(last);
    // From the first step to the middle of the last tenth there are 9.5 tenths.
    (fall > 0.0).then(|| (before - mean(last)) * 9.5 / fall)
}

/// One warning for each reason, and one for all of which nothing is declared.
fn transfer(space: &Space) -> Vec<Warning> {
    let (mut moving, mut silent): (BTreeMap<String, Vec<String>>, _) = (BTreeMap::new(), Vec::new());
    for (name, _) in space.varied() {
        match transferable::of(space, name) {
            (Transferable::Yes, _) => {}
            (Transferable::No, reason) => moving.entry(reason).or_default().push(name.to_owned()),
            (Transferable::NotDeclared, _) => silent.push(name.to_owned()),
        }
    }
    let moves = |(reason, names)| Warning::NotTransferable { names, reason };
    let silent = Some(silent).filter(|names| !names.is_empty());
    moving.into_iter().map(moves).chain(silent.map(|names| Warning::NotDeclared { names })).collect()
}

#[cfg(test)]
mod tests {
    use super::speed;

    #[test]
    fn a_straight_line_has_speed_one_and_a_finished_run_none() {
        let line: Vec<f64> = (0..100).map(|i| 5.0 - 0.01 * f64::from(i)).collect();
        // The first step is half a step off the middle of what the means stand for.
        assert!((speed(&line).unwrap() - 1.0).abs() < 0.01);
        let finished: Vec<f64> = (0..100).map(|i| if i < 50 { 5.0 } else { 2.0 }).collect();
        assert_eq!(speed(&finished), Some(0.0));
        assert_eq!(speed(&[1.0; 40]), None);
        let too_low: Vec<f64> = (0..100).map(|i| 4.58 - 1e-5 * f64::from(i)).collect();
        assert_eq!(speed(&too_low), None, "no advice to train longer follows from a rate that is too low");
    }
}
