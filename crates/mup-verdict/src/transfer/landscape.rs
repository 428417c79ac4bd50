//! One width: optimum, lowest loss and regret, over its seeds.

use mup_sweep::Point;
use serde::Serialize;

use super::{Estimate, Runs};
use crate::{Interval, interval::student};

/// The losses of one width over the hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Landscape {
    /// Width of the models.
    pub width: usize,
    /// The optimum of each seed, seeds ascending.
    pub estimates: Vec<(u64, Estimate)>,
    /// log₂ of the best value, mean over seeds.
    pub optimum: Interval,
    /// Loss there, mean over seeds.
    pub loss: Interval,
    /// Loss at the narrowest width's optimum minus loss at the own one, on the same curve, seed by seed. Infinite
    /// where the transferred value diverges; none where it lies outside the grid.
    pub regret: Option<Interval>,
    /// *Flat*: within ±2 octaves of the lowest mean loss, neither slope nor curvature can be told from the noise
    /// between seeds. Any value there will do, and where the parabola has its vertex means nothing.
    pub flat: bool,
    /// Whether the loss depends on the value at all: some run diverged, or over the whole grid slope or curvature can be
    /// told from the noise between seeds. Where it does not, nothing was trained, or the program ignores the value.
    pub dependent: bool,
    /// Mean over seeds, ascending; none where a seed diverged.
    pub curve: Vec<Point>,
}

impl Landscape {
    /// None without runs that finished; the regret is filled in once the transferred value is known.
    pub(crate) fn new(runs: &Runs, width: usize, confidence: f64) -> Option<Self> {
        let seeds = runs.seeds(width);
        let estimates: Vec<(u64, Estimate)> =
            seeds.iter().filter_map(|seed| Some((*seed, Estimate::of(&runs.points(width, *seed))?))).collect();
        let of = |number: fn(&Estimate) -> f64| estimates.iter().map(|(_, one)| number(one)).collect::<Vec<f64>>();
        let uncertainty = mean(&of(|one| one.uncertainty));
        let optimum = Interval::of_mean(&of(|one| one.log2_value), confidence)?.widened(uncertainty);
        let loss = Interval::of_mean(&of(|one| one.loss), confidence)?;
        let (curve, shared) = curves(runs, width, &seeds);
        let flat = is_flat(&near(&shared), confidence);
        let diverged = runs.runs.iter().any(|run| run.width == width && run.loss.is_none());
        let dependent = diverged || !is_flat(&shared.iter().collect::<Vec<_>>(), confidence);
        Some(Self { width, estimates, optimum, loss, regret: None, flat, dependent, curve })
    }

    pub(crate) fn with_regret(mut self, runs: &Runs, transferred: f64, confidence: f64) -> Self {
        let regret = |(seed, estimate): &(u64, Estimate)| {
            let points = runs.points(self.width, *seed);
            let there = loss_at(&points, estimate, transferred)?;
            // Both on the same curve at the mean optimum: the seed's own minimum would be low by selection.
            let own = loss_at(&points, estimate, self.optimum.value).filter(|loss| loss.is_finite());
            Some(there - own.unwrap_or(estimate.loss))
        };
        let regrets: Option<Vec<f64>> = self.estimates.iter().map(regret).collect();
        self.regret = regrets.and_then(|regrets| Interval::of_mean(&regrets, confidence));
        self
    }

    /// The first seed whose optimum lies on the edge of the grid.
    pub(crate) fn unbracketed(&self) -> Option<(usize, u64)> {
        self.estimates.iter().find(|(_, one)| one.edge.is_some()).map(|(seed, _)| (self.width, *seed))
    }

    /// Whether the optimum is a place: neither flat nor on the edge of a grid.
    pub(crate) fn has_optimum(&self) -> bool {
        !self.flat && self.unbracketed().is_none()
    }

    /// Variance of the loss between seeds.
    pub(crate) fn seed_variance(&self) -> f64 {
        let losses: Vec<f64> = self.estimates.iter().map(|(_, one)| one.loss).collect();
        let squares: f64 = losses.iter().map(|loss| (loss - mean(&losses)).powi(2)).sum();
        squares / (losses.len() as f64 - 1.0).max(1.0)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A value of the hyperparameter and its loss at every seed.
type Shared = (f64, Vec<f64>);

/// The mean curve, and the values at which every seed finished.
fn curves(runs: &Runs, width: usize, seeds: &[u64]) -> (Vec<Point>, Vec<Shared>) {
    let by_seed: Vec<Vec<Point>> = seeds.iter().map(|seed| runs.points(width, *seed)).collect();
    let mut values: Vec<f64> = by_seed.iter().flatten().map(|point| point.log2_rate).collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
    let mut shared = Vec::new();
    let mut point = |x: f64| {
        let here = |points: &Vec<Point>| points.iter().copied().find(|point| (point.log2_rate - x).abs() < 1e-9);
        let found: Option<Vec<Point>> = by_seed.iter().map(here).collect();
        let losses: Option<Vec<f64>> = found?.iter().map(|point| point.loss).collect();
        let loss = losses.as_deref().map(mean);
        shared.extend(losses.map(|losses| (x, losses)));
        Some(Point { log2_rate: x, loss })
    };
    let curve = values.into_iter().filter_map(&mut point).collect();
    (curve, shared)
}

/// Within ±2 octaves of the lowest mean loss.
fn near(shared: &[Shared]) -> Vec<&Shared> {
    let Some((best, _)) = shared.iter().min_by(|a, b| mean(&a.1).total_cmp(&mean(&b.1))) else { return Vec::new() };
    shared.iter().filter(|(x, _)| (x - best).abs() <= 2.0 + 1e-9).collect()
}

/// Student's t for slope and curvature of the mean curve; the noise is what values and seeds, added, do not explain
/// of the losses (two-way analysis of variance without repetition), because a seed that is worse throughout moves
/// no optimum. Never with one seed or fewer than three values: then nothing is known of the noise.
fn is_flat(near: &[&Shared], confidence: f64) -> bool {
    let (n_values, n_seeds) = (near.len(), near.first().map_or(0, |(_, losses)| losses.len()));
    if n_values < 3 || n_seeds < 2 {
        return false;
    }
    let means: Vec<f64> = near.iter().map(|(_, losses)| mean(losses)).collect();
    let seed_means: Vec<f64> =
        (0..n_seeds).map(|seed| mean(&near.iter().map(|(_, losses)| losses[seed]).collect::<Vec<_>>())).collect();
    let grand = mean(&means);
    let residual = |i: usize, seed: usize| (near[i].1[seed] - means[i] - seed_means[seed] + grand).powi(2);
    let squares: f64 = (0..n_values).flat_map(|i| (0..n_seeds).map(move |s| residual(i, s))).sum();
    let freedom = ((n_seeds - 1) * (n_values - 1)) as f64;
    let noise = (squares / freedom / n_seeds as f64).sqrt();
    let quantile = student(freedom, 0.5 + confidence / 2.0);
    let xs: Vec<f64> = near.iter().map(|(x, _)| *x).collect();
    contrasts(&xs).iter().all(|contrast| {
        let effect: f64 = contrast.iter().zip(&means).map(|(weight, mean)| weight * mean).sum();
        // Identical seeds leave only rounding, which is no noise to stand out from.
        effect.abs() <= (quantile * noise).max(1e-12 * grand.abs())
    })
}

/// Weights of slope and curvature: orthogonal to each other and to a constant, of length 1.
fn contrasts(xs: &[f64]) -> [Vec<f64>; 2] {
    let unit = |weights: Vec<f64>| {
        let length = weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        weights.into_iter().map(|weight| weight / length).collect::<Vec<f64>>()
    };
    let middle = mean(xs);
    let slope = unit(xs.iter().map(|x| x - middle).collect());
    let squares: Vec<f64> = xs.iter().map(|x| (x - middle).powi(2)).collect();
    let (level, tilt) = (mean(&squares), slope.iter().zip(&squares).map(|(a, b)| a * b).sum::<f64>());
    let curvature = unit(squares.iter().zip(&slope).map(|(square, tilted)| square - level - tilt * tilted).collect());
    [slope, curvature]
}

/// On the parabola where there is one, else on the line between neighbors; infinite beside a diverged run, none
/// outside the grid.
fn loss_at(points: &[Point], estimate: &Estimate, x: f64) -> Option<f64> {
    if let Some(loss) = estimate.fit.and_then(|fit| fit.at(x)) {
        return Some(loss);
    }
    let loss = |point: &Point| point.loss.unwrap_or(f64::INFINITY);
    if let Some(point) = points.iter().find(|point| (point.log2_rate - x).abs() < 1e-9) {
        return Some(loss(point));
    }
    let pair = points.windows(2).find(|pair| pair[0].log2_rate < x && x < pair[1].log2_rate)?;
    let part = (x - pair[0].log2_rate) / (pair[1].log2_rate - pair[0].log2_rate);
    let (left, right) = (loss(&pair[0]), loss(&pair[1]));
    Some(if left.is_finite() && right.is_finite() { left + part * (right - left) } else { f64::INFINITY })
}

#[cfg(test)]
mod tests {
    use super::contrasts;

    #[test]
    fn contrasts_are_orthonormal_and_blind_to_a_constant() {
        let [slope, curvature] = contrasts(&[0.0, 1.0, 2.5, 4.0]);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        for (found, expected) in [
            (dot(&slope, &slope), 1.0),
            (dot(&curvature, &curvature), 1.0),
            (dot(&slope, &curvature), 0.0),
            (slope.iter().sum(), 0.0),
            (curvature.iter().sum(), 0.0),
        ] {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
    }
}
