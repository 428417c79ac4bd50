//! Which values are as good as the chosen ones.

use mup_study::rounded;
use mup_study::{Dimension, Setting};
use serde::{Deserialize, Serialize};

use super::candidate::Candidate;
use super::surrogate::Surrogate;

/// The values of one hyperparameter that are as good as the chosen one, everything else at its best.
///
/// A value belongs to it if a sample that has it lies within the [`Noise`](crate::Noise) of the best, or if a quadratic
/// in the places of all values, fitted to the better half of the samples, says that it would: samples differ in all
/// values at once, so of many hyperparameters few samples are good, and only a fit knows which of their values did not
/// matter. From too few samples for a fit it is what the good samples span. A fit never speaks of values beyond those
/// that it saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Interval {
    /// From the lowest to the highest.
    Range([f64; 2]),
    /// Of names, in the order of the space.
    Names(Vec<Setting>),
}

/// What intervals are made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence<'a> {
    /// Samples as good as the best.
    pub(super) good: &'a [&'a Candidate],
    pub(super) surrogate: Option<&'a Surrogate>,
    pub(super) tolerance: f64,
}

impl Interval {
    pub(super) fn of(name: &str, dimension: &Dimension, evidence: Evidence<'_>) -> Option<Self> {
        let tried = evidence.good.iter().filter_map(|candidate| candidate.values.get(name)).cloned();
        let fitted = evidence.surrogate.map(|surrogate| surrogate.within(name, dimension, evidence.tolerance));
        let values: Vec<Setting> = tried.chain(fitted.into_iter().flatten()).collect();
        if dimension.ends().is_none() {
            let names = dimension.settings()?.into_iter().filter(|setting| values.contains(setting)).collect();
            return Some(Self::Names(names));
        }
        let numbers = || values.iter().filter_map(Setting::number);
        let (low, high) = (numbers().fold(f64::INFINITY, f64::min), numbers().fold(f64::NEG_INFINITY, f64::max));
        (low <= high).then_some(Self::Range([low, high]))
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Range([low, high]) if low.total_cmp(high).is_eq() => write!(f, "{} only", rounded(*low)),
            Self::Range([low, high]) => write!(f, "{} to {}", rounded(*low), rounded(*high)),
            Self::Names(names) => {
                let names: Vec<String> = names.iter().map(Setting::to_string).collect();
                f.write_str(&names.join(", "))
            }
        }
    }
}
