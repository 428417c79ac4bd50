//! Functional analysis of variance: which share of a forest's variance each hyperparameter explains alone.

use super::forest::{Column, Tree, mix};

/// Trees of the forest.
const TREES: u64 = 64;
/// Trees of a forest of the jackknife.
const FEWER: u64 = 16;
/// Groups of the jackknife.
const GROUPS: usize = 10;
/// Combinations at which the forest's variance is measured exactly.
const ALL: usize = 4096;
/// If there are more, at so many of them.
const POINTS: usize = 1024;

/// The share of the variance that one hyperparameter explains alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Explained {
    pub(super) share: f64,
    /// Standard error by the jackknife over groups of samples.
    pub(super) error: f64,
}

/// One for each column; none if the losses do not differ.
///
/// Where every combination was tried this is the analysis of variance of the table, whatever the forest draws: then
/// each tree gives each combination its own loss.
///
/// # Reference
///
/// Hutter, Hoos & Leyton-Brown, *An Efficient Approach for Assessing Hyperparameter Importance*, ICML 2014; the trees
/// are those of Geurts, Ernst & Wehenkel, *Extremely Randomized Trees*, 2006, and the decomposed function is the mean
/// of them, not each tree alone, whose steps would count as interactions.
pub(super) fn analyze(columns: &[Column], losses: &[f64]) -> Option<Vec<Explained>> {
    let losses = unit(losses)?;
    let n = losses.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|sample| mix(1, *sample as u64));
    let groups = GROUPS.min(n);
    let points = Points::of(columns);
    let without = |group: usize| {
        let kept = order.iter().enumerate().filter(|(i, _)| i % groups != group).map(|(_, sample)| *sample);
        shares(FEWER, columns, &losses, &kept.collect::<Vec<_>>(), &points)
    };
    let groups: Vec<Vec<f64>> = (0..groups).map(without).collect();
    let all = shares(TREES, columns, &losses, &order, &points);
    let explained = |(i, share): (usize, f64)| {
        let of = groups.iter().map(|shares| shares[i]);
        let count = groups.len() as f64;
        let mean = of.clone().sum::<f64>() / count;
        let squares = of.map(|share| (share - mean).powi(2)).sum::<f64>();
        Explained { share, error: (squares * (count - 1.0) / count).sqrt() }
    };
    Some(all.into_iter().enumerate().map(explained).collect())
}

/// In 0..1, so that neither a shift nor a scale changes anything but the last bits; none if they differ by rounding
/// alone. Halves, because a difference of two numbers may overflow.
fn unit(losses: &[f64]) -> Option<Vec<f64>> {
    let half = |loss: &f64| loss / 2.0;
    let low = losses.iter().map(half).fold(f64::INFINITY, f64::min);
    let high = losses.iter().map(half).fold(f64::NEG_INFINITY, f64::max);
    let rounding = 8.0 * f64::EPSILON * low.abs().max(high.abs());
    (high - low > rounding).then(|| losses.iter().map(|loss| (half(loss) - low) / (high - low)).collect())
}

/// By column; all zero if the losses of these samples do not differ.
fn shares(trees: u64, columns: &[Column], losses: &[f64], samples: &[usize], points: &Points) -> Vec<f64> {
    let forest: Vec<Tree> = (0..trees).map(|seed| Tree::grow(columns, losses, samples, seed)).collect();
    let mut means: Vec<Vec<f64>> = columns.iter().map(|column| vec![0.0; column.weights().len()]).collect();
    for tree in &forest {
        let marginals = tree.marginals(columns);
        let sums = means.iter_mut().flatten().zip(marginals.iter().flatten());
        sums.for_each(|(mean, marginal)| *mean += marginal / trees as f64);
    }
    let alone: Vec<f64> = means.iter().zip(columns).map(|(means, column)| variance(means, column.weights())).collect();
    let loss = |levels: &Vec<usize>| forest.iter().map(|tree| tree.loss(levels)).sum::<f64>() / trees as f64;
    let total = variance(&points.levels.iter().map(loss).collect::<Vec<_>>(), &points.weights);
    // Parts are exact and a whole over some of the points is not: it may come out smaller than they are together.
    let total = total.max(alone.iter().sum());
    alone.into_iter().map(|alone| if total > 0.0 { alone / total } else { 0.0 }).collect()
}

fn variance(values: &[f64], weights: &[f64]) -> f64 {
    let mean = values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>();
    values.iter().zip(weights).map(|(value, weight)| (value - mean).powi(2) * weight).sum()
}

/// Combinations of levels with their weights: all, or if those are too many a sequence that fills the space evenly.
struct Points {
    levels: Vec<Vec<usize>>,
    weights: Vec<f64>,
}

impl Points {
    fn of(columns: &[Column]) -> Self {
        let counts = columns.iter().map(|column| column.weights().len());
        let all = counts.clone().try_fold(1_usize, usize::checked_mul).filter(|all| *all <= ALL);
        let Some(all) = all else {
            let levels = (0..POINTS).map(|point| spread(columns, point)).collect();
            return Self { levels, weights: vec![1.0 / POINTS as f64; POINTS] };
        };
        let point = |mut number: usize| {
            let digit = |count: usize| {
                let digit = number % count;
                number /= count;
                digit
            };
            counts.clone().map(digit).collect()
        };
        let levels: Vec<Vec<usize>> = (0..all).map(point).collect();
        let weight =
            |levels: &Vec<usize>| columns.iter().zip(levels).map(|(column, level)| column.weights()[*level]).product();
        let weights = levels.iter().map(weight).collect();
        Self { levels, weights }
    }
}

/// The additive recurrence with powers of the root of x^(d+1) = x + 1 (Roberts 2018).
fn spread(columns: &[Column], point: usize) -> Vec<usize> {
    let d = columns.len() as f64;
    // A contraction with a factor below 1/2.
    let root = (0..60).fold(1.5_f64, |root, _| libm::pow(1.0 + root, 1.0 / (d + 1.0)));
    let level = |(column, i): (&Column, i32)| {
        let place = (0.5 + (point + 1) as f64 * libm::pow(root, -f64::from(i))).fract();
        let mut end = 0.0;
        let passed = column.weights().iter().take_while(|weight| {
            end += **weight;
            end <= place
        });
        passed.count().min(column.weights().len() - 1)
    };
    columns.iter().zip(1..).map(level).collect()
}

#[cfg(test)]
mod tests;
