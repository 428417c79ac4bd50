//! How far a loss may lie from the best one by chance.

use mup_study::StudyRecord;
use serde::{Deserialize, Serialize};

use super::candidate::{Candidate, variance};
use super::surrogate::Surrogate;

/// The spread of one run's loss that the values do not explain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Of a single run.
    pub standard_deviation: f64,
    /// A loss within this of the best one is as good: two standard errors of the difference of two samples.
    pub tolerance: f64,
    /// Where it comes from.
    pub source: NoiseSource,
}

/// Where the noise was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoiseSource {
    /// Between seeds, pooled over the better half of the samples.
    Seeds {
        /// Samples pooled.
        samples: usize,
    },
    /// What a quadratic in the places of the values leaves of the better half's losses. It includes what no
    /// quadratic without interactions can follow, so it is too large rather than too small.
    Fit {
        /// Samples fitted.
        samples: usize,
        /// Coefficients.
        coefficients: usize,
        /// Horizon of the samples.
        steps: usize,
    },
}

/// From seeds if there are several, otherwise from the fit; none where there is neither.
pub(super) fn measure(
    seeds: usize,
    candidates: &[(Candidate, Vec<&StudyRecord>)],
    surrogate: Option<&Surrogate>,
) -> Option<Noise> {
    let (variance, source) = if seeds > 1 { between_seeds(candidates)? } else { around_a_fit(surrogate?) };
    let tolerance = 2.0 * (2.0 * variance / seeds as f64).sqrt();
    // Losses of 1e300 have a variance that is no number.
    tolerance.is_finite().then(|| Noise { standard_deviation: variance.sqrt(), tolerance, source })
}

/// Bad values are noisier, hence the better half; `candidates` come the best first.
fn between_seeds(candidates: &[(Candidate, Vec<&StudyRecord>)]) -> Option<(f64, NoiseSource)> {
    let half = &candidates[..candidates.len().div_ceil(2)];
    let variances = half.iter().filter_map(|(_, records)| {
        let losses: Vec<f64> = records.iter().filter_map(|record| record.outcome.loss()).collect();
        variance(&losses)
    });
    let variances: Vec<f64> = variances.collect();
    let samples = variances.len();
    let mean = variances.iter().sum::<f64>() / samples as f64;
    (samples > 0).then_some((mean, NoiseSource::Seeds { samples }))
}

fn around_a_fit(surrogate: &Surrogate) -> (f64, NoiseSource) {
    let Surrogate { steps, samples, coefficients, variance, .. } = *surrogate;
    (variance, NoiseSource::Fit { samples, coefficients, steps })
}
