//! What to do where every trial diverged: lower the rate, unless the first losses say that no rate is the cause.

use mup_study::{Outcome, Smoothing, Space, StudyRecord, TrialCurve, rounded};

use super::{ignored, rate};

/// A first loss of less than this share of the second is of another kind.
const TINY: f64 = 0.2;
/// A loss beyond this before anything was trained is no matter of the rate.
const HUGE: f64 = 1e4;
/// Rates whose ratio is less do not have to differ in what they do.
const RATES: f64 = 4.0;
/// Of two trials that grew alike, how far the logarithms of their growth may differ, as a share.
const ALIKE: f64 = 0.1;

/// A sentence without its end, for a study of which some trials diverged and none finished.
pub(super) fn remedy(space: &Space, records: &[StudyRecord]) -> String {
    let diverged: Vec<&StudyRecord> = records.iter().filter(|record| started(record)).collect();
    // One rate that is far too high has a second loss far above the first, too.
    let first_is_lower =
        |diverged: &[&StudyRecord]| begins_too_low(diverged).filter(|_| several_rates(space, diverged));
    let found = not_finite_at_once(&diverged)
        .or_else(|| first_is_lower(&diverged))
        .or_else(|| begins_huge(&diverged))
        .or_else(|| hardly_rises(&diverged))
        .or_else(|| grows_at_any_rate(space, &diverged));
    found.or_else(|| ignores(space, records)).unwrap_or_else(|| lower(space, &diverged))
}

/// For a study of which every sample that finished diverged at a longer horizon: the longest at which any finished, the
/// horizon beyond it, and what to do.
pub(super) fn later(space: &Space, records: &[StudyRecord]) -> Option<(usize, usize, String)> {
    let finished = records.iter().filter(|record| record.outcome.loss().is_some());
    let short = finished.map(|record| record.trial.steps).max()?;
    let beyond = records.iter().filter(|record| record.trial.steps > short && started(record));
    let diverged: Vec<&StudyRecord> = beyond.collect();
    let long = diverged.iter().map(|record| record.trial.steps).min()?;
    Some((short, long, lower(space, &diverged)))
}

fn started(record: &StudyRecord) -> bool {
    matches!(record.outcome, Outcome::NotFinite { .. } | Outcome::AboveStart { .. })
}

fn first(record: &StudyRecord) -> Option<f64> {
    record.curve.losses.first().copied()
}

fn all(diverged: &[&StudyRecord], of: impl Fn(&StudyRecord) -> bool) -> bool {
    !diverged.is_empty() && diverged.iter().all(|record| of(record))
}

/// Whether rates are so far apart that they have to differ in what they do; where there is no rate, nothing does.
fn several_rates(space: &Space, diverged: &[&StudyRecord]) -> bool {
    let rates = || diverged.iter().filter_map(|record| rate::value(space, &record.trial.values));
    rate::of(space).is_none() || rates().fold(0.0, f64::max) >= RATES * rates().fold(f64::INFINITY, f64::min)
}

/// The lowest and the highest of the first losses, in words.
fn first_losses(diverged: &[&StudyRecord]) -> String {
    let firsts = || diverged.iter().filter_map(|record| first(record));
    let (low, high) = (firsts().fold(f64::INFINITY, f64::min), firsts().fold(f64::NEG_INFINITY, f64::max));
    if low.total_cmp(&high).is_eq() { rounded(low) } else { format!("{} to {}", rounded(low), rounded(high)) }
}

fn not_finite_at_once(diverged: &[&StudyRecord]) -> Option<String> {
    // Where a program logs its first loss later, a rate may have had its effect.
    let at_once = |record: &StudyRecord| matches!(record.outcome, Outcome::NotFinite { step: 0 });
    all(diverged, at_once).then(|| {
        "every first loss is not finite, before any rate has had an effect: look for it in the data, the initial weights \
         or the precision, not in the rate"
            .to_owned()
    })
}

/// Divided by something, or the start of a running mean: from the second loss on nothing would have diverged.
fn begins_too_low(diverged: &[&StudyRecord]) -> Option<String> {
    let too_low = |record: &StudyRecord| match record.curve.losses[..] {
        [first, second, ..] => second > 0.0 && first.abs() < TINY * second,
        _ => false,
    };
    let sound = |record: &&&StudyRecord| {
        let Some(rest) = record.curve.losses.get(1..).filter(|rest| rest.len() > 1) else { return false };
        let curve = TrialCurve { losses: rest.to_vec(), not_finite: record.curve.not_finite, ..TrialCurve::default() };
        Outcome::judge(&curve, Smoothing::tenth_of(rest.len())).loss().is_some()
    };
    let example = diverged.iter().find(sound).or_else(|| diverged.first())?;
    let [first, second] = *example.curve.losses.get(..2)? else { return None };
    all(diverged, too_low).then(|| {
        format!(
            "every first loss is far below the next ({} here: {} then {}), before any rate has had an effect, so that \
             every run ends above its start: report the first loss as the others (is it divided by the logging \
             interval, or a running mean that begins at 0?), and leave the range of the rate as it is",
            first_losses(diverged),
            rounded(first),
            rounded(second),
        )
    })
}

fn begins_huge(diverged: &[&StudyRecord]) -> Option<String> {
    all(diverged, |record| first(record).is_some_and(|first| first.abs() > HUGE)).then(|| {
        format!(
            "every first loss is huge already ({}), before any rate has had an effect: look at the scale of the data and \
             of the initial weights first",
            first_losses(diverged)
        )
    })
}

/// By so little that the noise of single batches may be the cause, as of one that drew a low first loss.
fn hardly_rises(diverged: &[&StudyRecord]) -> Option<String> {
    all(diverged, |record| record.outcome.hardly_above()).then(|| {
        "every run ended less than 10 % above its first loss, which may be the noise of single batches: report means over \
         more batches, or more steps, before the range of the rate is lowered"
            .to_owned()
    })
}

/// How much a run grew: the logarithm of last by first, infinite where it ended without a number.
fn growth(record: &StudyRecord) -> Option<f64> {
    match record.outcome {
        Outcome::AboveStart { first, last } if first > 0.0 => Some((last / first).ln()),
        Outcome::AboveStart { first, last } => Some(last - first),
        _ => None,
    }
}

/// The lowest rates do as the highest do, to the same extent.
fn grows_at_any_rate(space: &Space, diverged: &[&StudyRecord]) -> Option<String> {
    let mut rated: Vec<(f64, f64)> = diverged
        .iter()
        .map(|record| Some((rate::value(space, &record.trial.values)?, growth(record)?)))
        .collect::<Option<_>>()?;
    rated.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ((low, of_low), (high, of_high)) = (*rated.first()?, *rated.last()?);
    // Too high a rate makes a run grow the less the lower it is.
    let alike = high >= RATES * low && of_low >= (1.0 - ALIKE) * of_high;
    alike.then(|| {
        format!(
            "the loss rises as much at the lowest {name}, {}, as at the highest, {}, from a first loss of {}: no rate \
             explains that; is what is reported a loss, which falls when a model learns, and not an accuracy, a reward, \
             a sum or a running mean that begins at 0? does the program use `{name}`?",
            rounded(low),
            rounded(high),
            first_losses(diverged),
            name = rate::of(space).unwrap_or("rate"),
        )
    })
}

/// The same losses whatever the values.
fn ignores(space: &Space, records: &[StudyRecord]) -> Option<String> {
    ignored::is_one_curve(space, records).then(|| {
        "all of them have the same losses, to the last bit, so the program seems to ignore its values: let it use them, \
         from its arguments, its environment (MUP_ and the name in capitals) or the file that MUP_TRIAL names"
            .to_owned()
    })
}

fn lower(space: &Space, diverged: &[&StudyRecord]) -> String {
    let Some(name) = rate::of(space) else {
        return "lower the range of the learning rate, or of what takes its place, in a new study".to_owned();
    };
    let rates = diverged.iter().filter_map(|record| record.trial.values.number(name));
    let lowest = rates.fold(f64::INFINITY, f64::min);
    format!("lower the range of the learning rate in a new study: the lowest {name} tried was {}", rounded(lowest))
}
