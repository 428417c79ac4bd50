//! What µP costs over SP: the same model under both, step by step in turns.

use burn::tensor::Device;
use mup_rules::Parametrization;
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::shape::Shape;
use crate::statistics::{Spread, median_interval};
use crate::training::{Phases, Training};

/// The most that µP may cost.
pub(crate) const MOST: f64 = 0.005;

/// Paired steps at one shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Overhead {
    pub(crate) device: String,
    pub(crate) shape: Shape,
    pub(crate) pairs: usize,
    /// Median time in µP over time in SP, minus 1.
    pub(crate) step: Share,
    /// The same of the optimizer alone.
    pub(crate) optimizer: Share,
}

/// A median with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Share {
    fn of(ratios: &[f64]) -> Self {
        let (low, high) = median_interval(ratios);
        Self { median: Spread::of(ratios).median - 1.0, low: low - 1.0, high: high - 1.0 }
    }

    /// Whether the interval lies below the most that is allowed, above it, or on both sides.
    pub(super) fn verdict(&self) -> &'static str {
        match self {
            _ if self.high <= MOST => "reached",
            _ if self.low > MOST => "**missed**",
            _ => "undecided: more pairs, or a quieter machine",
        }
    }
}

impl Overhead {
    /// Trains both, each pair beginning with the other one.
    pub(super) fn measure(name: &str, device: &Device, shape: Shape, pairs: usize) -> Outcome<Self> {
        let mut mup = Training::new(shape, device, Parametrization::mup())?;
        let mut standard = Training::new(shape, device, Parametrization::standard())?;
        let mut times = Vec::with_capacity(pairs);
        for pair in 0..pairs as u64 {
            let (of_mup, of_standard);
            if pair.is_multiple_of(2) {
                of_mup = mup.repetition(pair, 1)?;
                of_standard = standard.repetition(pair, 1)?;
            } else {
                of_standard = standard.repetition(pair, 1)?;
                of_mup = mup.repetition(pair, 1)?;
            }
            times.push((of_mup, of_standard));
        }
        let ratios = |of: fn(&Phases) -> f64| -> Vec<f64> { times.iter().map(|(a, b)| of(a) / of(b)).collect() };
        let (step, optimizer) = (Share::of(&ratios(Phases::step)), Share::of(&ratios(|phases| phases.optimizer)));
        Ok(Self { device: name.to_owned(), shape, pairs, step, optimizer })
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn an_overhead_is_reached_missed_or_undecided() {
        let verdict = |low, high| Share { median: low, low, high }.verdict();
        assert_eq!(verdict(-0.002, 0.004), "reached");
        assert_eq!(verdict(0.006, 0.01), "**missed**");
        assert!(verdict(-0.002, 0.02).starts_with("undecided"));
    }
}
