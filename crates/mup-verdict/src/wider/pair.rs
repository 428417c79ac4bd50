//! Two neighboring widths, seed by seed.

use serde::Serialize;

use super::{Criteria, Curve};
use crate::{Interval, interval::student};

/// The difference of two widths at one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// Step, from 0.
    pub step: usize,
    /// Loss of the wider model minus loss of the narrower one, mean over seeds. Infinite where only the wider one
    /// diverged.
    pub difference: f64,
    /// What the mean has to exceed to be more than noise: quantile × standard error, infinite from one seed.
    pub noise: f64,
    /// Whether the wider model is worse, beyond noise and beyond what does not matter.
    pub worse: bool,
}

/// Two neighboring widths.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// The narrower one.
    pub narrow: usize,
    /// The wider one.
    pub wide: usize,
    /// At the checkpoints.
    pub gaps: Vec<Gap>,
    /// Difference averaged over checkpoints, with the interval over seeds.
    pub overall: Interval,
    /// Number of crossings. One begins when the wider model is worse at enough checkpoints in a row, and ends when its
    /// mean loss is the lower one again.
    pub crossings: usize,
    /// Whether the wider model is on the whole no worse, beyond noise, than by what does not matter.
    pub better: bool,
}

impl Pair {
    /// Curves with the same seeds in the same order.
    ///
    /// Paired, because runs of one seed see the same batches: what a batch does to both cancels.
    pub(crate) fn new(
        narrow: &[&Curve],
        wide: &[&Curve],
        steps: &[usize],
        criteria: &Criteria,
        n_pairs: usize,
    ) -> Self {
        let level = 1.0 - (1.0 - criteria.confidence) / n_pairs as f64;
        let gaps: Vec<Gap> = steps.iter().map(|step| gap(narrow, wide, *step, criteria, level)).collect();
        let by_seed: Vec<f64> = narrow.iter().zip(wide).map(|(n, w)| mean_over(n, w, steps, criteria.window)).collect();
        // Of a two-sided interval, only the upper end decides: twice the level's complement.
        let overall = Interval::of_mean(&by_seed, 2.0 * level - 1.0).unwrap_or(Interval {
            value: f64::NAN,
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
        });
        let crossings = crossings(&gaps, criteria.in_a_row.min(steps.len()));
        let usual = mean(narrow.iter().map(|curve| curve.smooth(steps[steps.len() - 1], criteria.window)));
        let better = crossings == 0 && overall.high <= criteria.negligible * usual.abs();
        Self { narrow: narrow[0].width, wide: wide[0].width, gaps, overall, crossings, better }
    }
}

fn crossings(gaps: &[Gap], in_a_row: usize) -> usize {
    let (mut found, mut crossed, mut row) = (0, false, 0);
    for gap in gaps {
        row = if gap.worse { row + 1 } else { 0 };
        if row >= in_a_row && !crossed {
            (found, crossed) = (found + 1, true);
        }
        crossed &= gap.difference > 0.0;
    }
    found
}

/// Two runs that have both diverged do not differ.
fn difference(narrow: &Curve, wide: &Curve, step: usize, window: usize) -> f64 {
    let (narrow, wide) = (narrow.smooth(step, window), wide.smooth(step, window));
    if narrow.is_infinite() && wide.is_infinite() { 0.0 } else { wide - narrow }
}

fn mean_over(narrow: &Curve, wide: &Curve, steps: &[usize], window: usize) -> f64 {
    mean(steps.iter().map(|step| difference(narrow, wide, *step, window)))
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

fn gap(narrow: &[&Curve], wide: &[&Curve], step: usize, criteria: &Criteria, level: f64) -> Gap {
    let window = criteria.window;
    let differences: Vec<f64> = narrow.iter().zip(wide).map(|(n, w)| difference(n, w, step, window)).collect();
    let n = differences.len() as f64;
    let difference = mean(differences.iter().copied());
    if !difference.is_finite() {
        return Gap { step, difference, noise: 0.0, worse: difference > 0.0 };
    }
    let squares: f64 = differences.iter().map(|each| (each - difference).powi(2)).sum();
    let noise = if n > 1.0 { student(n - 1.0, level) * (squares / (n - 1.0) / n).sqrt() } else { f64::INFINITY };
    let floor = criteria.negligible * mean(narrow.iter().map(|curve| curve.smooth(step, window))).abs();
    Gap { step, difference, noise, worse: difference > noise && difference > floor }
}

#[cfg(test)]
mod tests {
    use super::{Gap, crossings};

    #[test]
    fn a_crossing_ends_when_the_wider_model_is_better_again() {
        let gap = |(difference, worse)| Gap { step: 0, difference, noise: 0.5, worse };
        let count = |gaps: &[(f64, bool)]| crossings(&gaps.iter().copied().map(gap).collect::<Vec<_>>(), 2);
        let (worse, noisy, better) = ((1.0, true), (0.1, false), (-1.0, false));
        assert_eq!(count(&[worse, better, worse, better]), 0, "never two in a row");
        assert_eq!(count(&[worse, worse, noisy, worse, worse]), 1);
        assert_eq!(count(&[worse, worse, better, worse, worse]), 2);
    }
}
