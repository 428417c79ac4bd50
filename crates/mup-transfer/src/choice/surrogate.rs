//! A smooth stand-in for the loss near its best: a quadratic in the places of the values, without interactions.

use std::collections::BTreeMap;

use mup_study::{Dimension, Setting, Space};

use super::candidate::Candidate;

/// Samples per fitted coefficient, at least.
const PER_COEFFICIENT: usize = 2;
/// Fewer samples than this say nothing about a spread.
const FEWEST: usize = 4;
/// Places of a range that are looked at.
const PLACES: usize = 200;

/// A least-squares fit to the better half of a horizon's samples.
#[derive(Clone, Debug)]
pub(super) struct Surrogate {
    pub(super) steps: usize,
    pub(super) samples: usize,
    pub(super) coefficients: usize,
    /// Variance of what it leaves.
    pub(super) variance: f64,
    terms: BTreeMap<String, Term>,
}

/// What one hyperparameter adds to the loss.
#[derive(Clone, Debug)]
enum Term {
    /// `linear·x + square·x²` with x the place from the middle, where samples were: from low to high.
    Ordered { linear: f64, square: f64, low: f64, high: f64 },
    /// One for each name; none for a name that no sample had.
    Names(Vec<(Setting, Option<f64>)>),
}

impl Surrogate {
    /// At the first of the horizons that has enough samples; each is in order, the best first.
    pub(super) fn of(space: &Space, horizons: &[Vec<Candidate>]) -> Option<Self> {
        horizons.iter().find_map(|candidates| Self::fit(space, &candidates[..candidates.len().div_ceil(2)]))
    }

    fn fit(space: &Space, half: &[Candidate]) -> Option<Self> {
        let places: Vec<Vec<f64>> = space.varied().map(|(name, dimension)| places(half, name, dimension)).collect();
        let mut columns = vec![vec![1.0; half.len()]];
        for ((_, dimension), places) in space.varied().zip(&places) {
            columns.extend(terms(dimension, places));
        }
        if half.len() < FEWEST.max(PER_COEFFICIENT * columns.len()) {
            return None;
        }
        let losses = half.iter().map(|candidate| candidate.loss).collect();
        let Solution { coefficients, rank, residual } = least_squares(&columns, losses);
        let variance = residual / half.len().checked_sub(rank).filter(|freedom| *freedom > 0)? as f64;
        let mut rest = coefficients.into_iter().skip(1);
        let term = |((name, dimension), places): ((&str, &Dimension), &Vec<f64>)| {
            (name.to_owned(), Term::of(dimension, places, &mut rest))
        };
        let terms = space.varied().zip(&places).map(term).collect();
        Some(Self { steps: half[0].steps, samples: half.len(), coefficients: rank, variance, terms })
    }

    /// The values of a dimension at which the loss, everything else at its best, is within the tolerance of its
    /// minimum; never beyond where samples were.
    pub(super) fn within(&self, name: &str, dimension: &Dimension, tolerance: f64) -> Vec<Setting> {
        let good = |of: Vec<(Setting, f64)>| {
            let lowest = of.iter().map(|(_, loss)| *loss).fold(f64::INFINITY, f64::min);
            of.into_iter().filter(|(_, loss)| *loss <= lowest + tolerance).map(|(setting, _)| setting).collect()
        };
        match self.terms.get(name) {
            None => Vec::new(),
            Some(Term::Names(names)) => {
                good(names.iter().filter_map(|(setting, loss)| Some((setting.clone(), (*loss)?))).collect())
            }
            Some(Term::Ordered { linear, square, low, high }) => {
                let at = |i: usize| {
                    let x = low + (high - low) * i as f64 / PLACES as f64;
                    (dimension.at(x + 0.5), linear * x + square * x * x)
                };
                good((0..=PLACES).map(at).collect())
            }
        }
    }
}

impl Term {
    fn of(dimension: &Dimension, places: &[f64], coefficients: &mut impl Iterator<Item = f64>) -> Self {
        let mut next = || coefficients.next().unwrap_or(0.0);
        if dimension.ends().is_some() {
            let (linear, square) = (next(), next());
            let low = places.iter().copied().fold(f64::INFINITY, f64::min);
            return Self::Ordered {
                linear,
                square,
                low,
                high: places.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            };
        }
        let names = dimension.settings().unwrap_or_default();
        let count = names.len();
        let tried = |i: usize| places.iter().any(|place| name_at(*place, count) == i);
        // The first name is the constant.
        let loss = |i: usize, loss: f64| tried(i).then_some(loss);
        let names = names.into_iter().enumerate().map(|(i, name)| (name, loss(i, if i == 0 { 0.0 } else { next() })));
        Self::Names(names.collect())
    }
}

/// From the middle of the range.
fn places(candidates: &[Candidate], name: &str, dimension: &Dimension) -> Vec<f64> {
    let place = |one: &Candidate| one.values.get(name).and_then(|value| dimension.place(value)).unwrap_or(0.5) - 0.5;
    candidates.iter().map(place).collect()
}

fn name_at(place: f64, count: usize) -> usize {
    ((place + 0.5) * count as f64) as usize
}

/// The columns of a dimension: its place and the square of that, or one column for each name but the first.
fn terms(dimension: &Dimension, places: &[f64]) -> Vec<Vec<f64>> {
    if dimension.ends().is_some() {
        return vec![places.to_vec(), places.iter().map(|place| place * place).collect()];
    }
    let count = dimension.settings().map_or(0, |names| names.len());
    let is = |i: usize| places.iter().map(|place| f64::from(u8::from(name_at(*place, count) == i))).collect();
    (1..count).map(is).collect()
}

struct Solution {
    /// Zero for a column that depends on earlier ones.
    coefficients: Vec<f64>,
    rank: usize,
    /// Sum of squares.
    residual: f64,
}

/// Modified Gram-Schmidt, then back substitution.
fn least_squares(columns: &[Vec<f64>], mut target: Vec<f64>) -> Solution {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    // Removes the part along a unit vector, and returns how long it was.
    let remove = |from: &mut [f64], unit: &[f64]| {
        let part = dot(from, unit);
        from.iter_mut().zip(unit).for_each(|(from, unit)| *from -= part * unit);
        part
    };
    // Of each independent column: its number, its unit vector, its parts along earlier ones and itself.
    let mut basis: Vec<(usize, Vec<f64>, Vec<f64>)> = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        let mut rest = column.clone();
        let mut parts = vec![0.0; basis.len()];
        // Twice is enough (Kahan) for what once leaves by rounding.
        for _ in 0..2 {
            basis.iter().zip(&mut parts).for_each(|((_, unit, _), part)| *part += remove(&mut rest, unit));
        }
        let length = dot(&rest, &rest).sqrt();
        // What is left of a column that depends on others is rounding.
        if length > 1e-9 * dot(column, column).sqrt() {
            rest.iter_mut().for_each(|entry| *entry /= length);
            parts.push(length);
            basis.push((number, rest, parts));
        }
    }
    let along: Vec<f64> = basis.iter().map(|(_, unit, _)| remove(&mut target, unit)).collect();
    let mut coefficients = vec![0.0; columns.len()];
    for (i, (number, ..)) in basis.iter().enumerate().rev() {
        let later = basis[i + 1..].iter().map(|(number, _, parts)| coefficients[*number] * parts[i]).sum::<f64>();
        coefficients[*number] = (along[i] - later) / basis[i].2[i];
    }
    Solution { coefficients, rank: basis.len(), residual: dot(&target, &target) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_is_found_and_what_it_leaves_is_what_was_added_to_it() {
        let x: Vec<f64> = (0..9).map(|i| f64::from(i) / 4.0 - 1.0).collect();
        // Orthogonal to 1, x and x² on these nine places: the third orthogonal polynomial of nine points.
        let cubic = [-14.0, 7.0, 13.0, 9.0, 0.0, -9.0, -13.0, -7.0, 14.0];
        let y = x.iter().zip(cubic).map(|(x, cubic)| 3.0 + 2.0 * x + 5.0 * x * x + 0.1 * cubic).collect();
        let twice = x.iter().map(|x| 2.0 * x).collect();
        let columns = vec![vec![1.0; 9], x.clone(), twice, x.iter().map(|x| x * x).collect()];
        let Solution { coefficients, rank, residual } = least_squares(&columns, y);
        assert_eq!(rank, 3, "the third column is twice the second");
        for (found, expected) in coefficients.iter().zip([3.0, 2.0, 0.0, 5.0]) {
            assert!((found - expected).abs() < 1e-12, "{coefficients:?}");
        }
        // 0.1² · 2·(14² + 7² + 13² + 9²) = 9.9
        assert!((residual - 9.9).abs() < 1e-9, "{residual}");
    }
}
