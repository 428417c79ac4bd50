//! Losses that stopped at one number: what trainers log that hide NaN, clip, pad or round.

use crate::{Outcome, Record, TrialCurve};

/// Fewer equal losses at the end may be a summary that is printed once more.
const FEWEST: usize = 3;
/// A program that prints each loss several times has runs of equal ones: only one much longer than those says something.
const LONGER: usize = 3;
/// Changes that are looked at before the losses stop.
const BEFORE: usize = 5;
/// Losses that are looked at for how they are written.
const WRITTEN: usize = 32;
/// Losses that changed by no more than this share of themselves have arrived, as in a training on one batch.
const ARRIVED: f64 = 4e-6;
/// Losses that went straight there, at last by so many units of their last digit, have arrived too: they are rounded, or
/// counts.
const DIGITS: f64 = 2.0;
/// A single zero at the end has to be so many times further away than the losses before it are from each other.
const ABRUPT: f64 = 4.0;

/// The number at which a run's training losses stopped, to the last bit: usually its trainer hides NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoppedLoss {
    /// The number.
    pub loss: f64,
    /// The first step that reported it to the end.
    pub from: usize,
}

impl StoppedLoss {
    /// None for losses that changed to their end, or that came to rest by themselves.
    pub(crate) fn of(curve: &TrialCurve, outcome: &Outcome) -> Option<Self> {
        let Outcome::Finished { loss } = outcome else { return None };
        in_curve(curve, zero(*loss))
    }
}

impl<T> Record<T> {
    /// The number at which the run's losses stopped, if they did, so that the loss ranks nothing.
    #[must_use]
    pub fn stopped_loss(&self) -> Option<StoppedLoss> {
        StoppedLoss::of(&self.curve, &self.outcome)
    }
}

fn in_curve(curve: &TrialCurve, judged_zero: bool) -> Option<StoppedLoss> {
    let losses = &curve.losses;
    let last = *losses.last()?;
    let tail = losses.iter().rev().take_while(|loss| same(**loss, last)).count();
    let before = &losses[..losses.len() - tail];
    let found = StoppedLoss { loss: last, from: curve.step(before.len()) };
    let stopped = tail >= FEWEST && tail > LONGER * longest_run(before) && !before.is_empty() && !arrived(before, last);
    (judged_zero || stopped || zero_of_a_sudden(before, last)).then_some(found)
}

/// To the last bit; the two zeros are one.
fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq() || (zero(a) && zero(b))
}

fn zero(loss: f64) -> bool {
    loss.abs().total_cmp(&0.0).is_eq()
}

fn longest_run(losses: &[f64]) -> usize {
    losses.chunk_by(|a, b| same(*a, *b)).map(<[f64]>::len).max().unwrap_or(0)
}

/// The last changes, the one to `last` included.
fn changes(before: &[f64], last: f64) -> Vec<f64> {
    let end = &before[before.len().saturating_sub(BEFORE)..];
    let next = end.iter().skip(1).chain([&last]);
    end.iter().zip(next).map(|(a, b)| b - a).collect()
}

fn mean_size(changes: &[f64]) -> f64 {
    changes.iter().map(|change| change.abs()).sum::<f64>() / changes.len().max(1) as f64
}

/// Whether the losses came to rest by themselves.
fn arrived(before: &[f64], last: f64) -> bool {
    let changes = changes(before, last);
    let size = mean_size(&changes);
    let straight = changes.iter().all(|change| *change <= 0.0) || changes.iter().all(|change| *change >= 0.0);
    let step = changes.last().map_or(0.0, |change| change.abs());
    // One or two losses do not show how they are written.
    let straight = straight && before.len() >= FEWEST;
    size <= ARRIVED * last.abs() || straight && step <= DIGITS * last_digit(before, last)
}

/// The unit in which the last losses are written, in decimals or in bits; 0 if there are only zeros.
fn last_digit(losses: &[f64], last: f64) -> f64 {
    let losses = &losses[losses.len().saturating_sub(WRITTEN)..];
    let all = || losses.iter().copied().chain([last]).filter(|loss| !zero(*loss));
    let whole = |units: f64| all().all(|loss| same((loss * units).round() / units, loss));
    let decimal = (0..9).map(|digits| 10_f64.powi(digits)).find(|units| whole(*units)).map(f64::recip);
    let bit = |loss: f64| {
        let mantissa = (loss.to_bits() & ((1 << 52) - 1)) | (1 << 52);
        let exponent = ((loss.to_bits() >> 52) & 0x7FF) as i32 - 1075;
        2_f64.powi(exponent + mantissa.trailing_zeros() as i32)
    };
    let binary = all().map(bit).fold(f64::INFINITY, f64::min);
    decimal.unwrap_or(0.0).max(if binary.is_finite() { binary } else { 0.0 })
}

/// A window of one step that holds no loss that could be counted: 2.51, 2.49, 0. A loss that touches 0 now and then, as
/// of a margin, is none.
fn zero_of_a_sudden(before: &[f64], last: f64) -> bool {
    let Some((from, earlier)) = before.split_last() else { return false };
    let usual = mean_size(&changes(earlier, *from));
    let known = !earlier.is_empty() && before.iter().all(|loss| !zero(*loss));
    zero(last) && known && from.abs() > ABRUPT * usual && from.abs() > DIGITS * last_digit(before, last)
}

#[cfg(test)]
mod tests;
