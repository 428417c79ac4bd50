//! How far a loss may lie from the best one by chance.

use mup_study::StudyRecord;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::candidate::{Candidate, variance};
use super::surrogate::Surrogate;

/// Of the pairs of equally good samples, so many differ by less than the tolerance.
const LEVEL: f64 = 0.95;

/// The spread of one run's loss that the values do not explain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Of a single run.
    pub standard_deviation: f64,
    /// How many free numbers that estimate rests on.
    pub degrees_of_freedom: usize,
    /// A loss within this of the best one is as good: of two samples that are equally good, 19 of 20 pairs differ by
    /// less. Student's quantile times the standard error of a difference, so wider than two of them where few degrees
    /// of freedom know it. It says nothing of the lowest of many, which is lower by chance.
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
    /// What a quadratic in the places of the values leaves of the better half's losses; the half that a first fit to all
    /// says is better. It includes what no quadratic without interactions can follow, so it is too large rather than too
    /// small.
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
    let (variance, degrees_of_freedom, source) =
        if seeds > 1 { between_seeds(candidates)? } else { around_a_fit(surrogate?) };
    let tolerance = tolerance(variance, degrees_of_freedom, seeds)?;
    Some(Noise { standard_deviation: variance.sqrt(), degrees_of_freedom, tolerance, source })
}

/// Of the difference of two means over the seeds; none if the losses are so large that the variance is no number.
fn tolerance(variance: f64, degrees_of_freedom: usize, seeds: usize) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).ok()?;
    let tolerance = student.inverse_cdf(0.5 + LEVEL / 2.0) * (2.0 * variance / seeds as f64).sqrt();
    tolerance.is_finite().then_some(tolerance)
}

/// Bad values are noisier, hence the better half; `candidates` come the best first.
fn between_seeds(candidates: &[(Candidate, Vec<&StudyRecord>)]) -> Option<(f64, usize, NoiseSource)> {
    let half = &candidates[..candidates.len().div_ceil(2)];
    let losses = |records: &Vec<&StudyRecord>| records.iter().filter_map(|record| record.outcome.loss()).collect();
    let (variance, degrees_of_freedom) = pooled(half.iter().map(|(_, records)| losses(records)))?;
    Some((variance, degrees_of_freedom, NoiseSource::Seeds { samples: half.len() }))
}

/// Weighted by degrees of freedom, with their sum; none if each has one loss.
fn pooled(samples: impl Iterator<Item = Vec<f64>>) -> Option<(f64, usize)> {
    let parts = samples.filter_map(|losses| Some((variance(&losses)?, losses.len() - 1)));
    let add = |(squares, sum), (variance, freedom)| (squares + variance * freedom as f64, sum + freedom);
    let (squares, freedom) = parts.fold((0.0, 0), add);
    (freedom > 0).then(|| (squares / freedom as f64, freedom))
}

fn around_a_fit(surrogate: &Surrogate) -> (f64, usize, NoiseSource) {
    let Surrogate { steps, samples, coefficients, variance, .. } = *surrogate;
    (variance, samples - coefficients, NoiseSource::Fit { samples, coefficients, steps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::forest::normal;

    #[test]
    fn nineteen_of_twenty_pairs_of_equally_good_samples_lie_within_the_tolerance_however_few_seeds_there_are() {
        let mut normal = normal(7);
        for (samples, seeds) in [(1, 2), (2, 2), (3, 2), (2, 3), (8, 2), (16, 4)] {
            let pairs = 4000;
            let within = (0..pairs).filter(|_| {
                let mut sample = || -> Vec<f64> { (0..seeds).map(|_| normal()).collect() };
                let (variance, freedom) = pooled((0..samples).map(|_| sample())).unwrap();
                assert_eq!(freedom, samples * (seeds - 1));
                let mut mean = || sample().iter().sum::<f64>() / seeds as f64;
                (mean() - mean()).abs() <= tolerance(variance, freedom, seeds).unwrap()
            });
            let share = within.count() as f64 / f64::from(pairs);
            // A standard error of √(0.95 · 0.05 / 4000) = 0.0034, five of them.
            assert!((share - LEVEL).abs() < 0.017, "{samples} samples, {seeds} seeds: {share}");
        }
    }

    #[test]
    fn one_degree_of_freedom_needs_thirteen_standard_errors_and_many_need_two() {
        let errors = |freedom| tolerance(0.5, freedom, 1).unwrap();
        for (freedom, table) in [(1, 12.706), (2, 4.303), (8, 2.306), (30, 2.042), (1_000_000, 1.960)] {
            assert!((errors(freedom) - table).abs() < 1e-3, "{freedom}: {}", errors(freedom));
        }
        assert_eq!(tolerance(f64::INFINITY, 3, 1), None);
        assert_eq!(tolerance(0.0, 3, 1), Some(0.0));
        assert_eq!(pooled([vec![1.0], vec![2.0]].into_iter()), None);
    }
}
