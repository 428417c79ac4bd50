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
        horizons.iter().find_map(|candidates| Self::fit(space, &better_half(space, candidates)))
    }

    fn fit(space: &Space, half: &[&Candidate]) -> Option<Self> {
        let (places, columns) = design(space, half);
        if half.len() < FEWEST.max(PER_COEFFICIENT * columns.len()) {
            return None;
        }
        let losses = half.iter().map(|candidate| candidate.loss).collect();
        let Solution { coefficients, rank, rest } = least_squares(&columns, losses);
        let freedom = half.len().checked_sub(rank).filter(|freedom| *freedom > 0)?;
        let variance = dot(&rest, &rest) / freedom as f64;
        let mut coefficients = coefficients.into_iter().skip(1);
        let term = |((name, dimension), places): ((&str, &Dimension), &Vec<f64>)| {
            (name.to_owned(), Term::of(dimension, places, &mut coefficients))
        };
        let terms = space.varied().zip(&places).map(term).collect();
        Some(Self { steps: half[0].steps, samples: half.len(), coefficients: rank, variance, terms })
    }

    /// The values of a dimension at which the loss, everything else at its best, is within the tolerance of its
    /// minimum; never beyond where samples were. Of a range the piece around the minimum: where a parabola bends down,
    /// both of its ends may be good, and what lies between is not.
    pub(super) fn within(&self, name: &str, dimension: &Dimension, tolerance: f64) -> Vec<Setting> {
        let lowest = |of: &[(Setting, f64)]| of.iter().map(|(_, loss)| *loss).fold(f64::INFINITY, f64::min);
        match self.terms.get(name) {
            None => Vec::new(),
            Some(Term::Names(names)) => {
                let names: Vec<_> =
                    names.iter().filter_map(|(setting, loss)| Some((setting.clone(), (*loss)?))).collect();
                let limit = lowest(&names) + tolerance;
                names.into_iter().filter(|(_, loss)| *loss <= limit).map(|(setting, _)| setting).collect()
            }
            Some(Term::Ordered { linear, square, low, high }) => {
                let at = |i: usize| {
                    let x = low + (high - low) * i as f64 / PLACES as f64;
                    (dimension.at(x + 0.5), linear * x + square * x * x)
                };
                let places: Vec<_> = (0..=PLACES).map(at).collect();
                let limit = lowest(&places) + tolerance;
                let good = |(_, loss): &(Setting, f64)| *loss <= limit;
                let best = (0..places.len()).min_by(|a, b| places[*a].1.total_cmp(&places[*b].1)).unwrap_or(0);
                let first = places[..best].iter().rposition(|place| !good(place)).map_or(0, |bad| bad + 1);
                places.into_iter().skip(first).take_while(good).map(|(setting, _)| setting).collect()
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

/// By what a first fit to the ranks of all losses says, not by the losses themselves: the half with the lower losses
/// has the lower noise too, and where nothing else differs only 0.36 of its variance is left. Fitted values are
/// independent of what a fit leaves. Ranks, so that a few huge losses do not bend it. `candidates` come the best first.
fn better_half<'a>(space: &Space, candidates: &'a [Candidate]) -> Vec<&'a Candidate> {
    let all: Vec<&Candidate> = candidates.iter().collect();
    let (_, columns) = design(space, &all);
    let ranks: Vec<f64> = (0..all.len()).map(|rank| rank as f64).collect();
    let rest = least_squares(&columns, ranks.clone()).rest;
    let mut fitted: Vec<(f64, &Candidate)> =
        all.into_iter().zip(ranks.iter().zip(rest)).map(|(one, (rank, rest))| (rank - rest, one)).collect();
    // Stable, so that of equal ones the better comes first.
    fitted.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    fitted.truncate(candidates.len().div_ceil(2));
    fitted.into_iter().map(|(_, one)| one).collect()
}

/// The places of each dimension, and the columns of the fit: a constant, then those of each dimension.
fn design(space: &Space, candidates: &[&Candidate]) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let places: Vec<Vec<f64>> = space.varied().map(|(name, dimension)| places(candidates, name, dimension)).collect();
    let mut columns = vec![vec![1.0; candidates.len()]];
    for ((_, dimension), places) in space.varied().zip(&places) {
        columns.extend(terms(dimension, places));
    }
    (places, columns)
}

/// From the middle of the range.
fn places(candidates: &[&Candidate], name: &str, dimension: &Dimension) -> Vec<f64> {
    let place = |one: &&Candidate| one.values.get(name).and_then(|value| dimension.place(value)).unwrap_or(0.5) - 0.5;
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
    /// What is left of the target.
    rest: Vec<f64>,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Modified Gram-Schmidt, then back substitution.
fn least_squares(columns: &[Vec<f64>], mut target: Vec<f64>) -> Solution {
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
    Solution { coefficients, rank: basis.len(), rest: target }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::forest::{mix, normal};
    use crate::choice::order::in_order;

    #[test]
    fn a_quadratic_is_found_and_what_it_leaves_is_what_was_added_to_it() {
        let x: Vec<f64> = (0..9).map(|i| f64::from(i) / 4.0 - 1.0).collect();
        // Orthogonal to 1, x and x² on these nine places: the third orthogonal polynomial of nine points.
        let cubic = [-14.0, 7.0, 13.0, 9.0, 0.0, -9.0, -13.0, -7.0, 14.0];
        let y = x.iter().zip(cubic).map(|(x, cubic)| 3.0 + 2.0 * x + 5.0 * x * x + 0.1 * cubic).collect();
        let twice = x.iter().map(|x| 2.0 * x).collect();
        let columns = vec![vec![1.0; 9], x.clone(), twice, x.iter().map(|x| x * x).collect()];
        let Solution { coefficients, rank, rest } = least_squares(&columns, y);
        let residual = dot(&rest, &rest);
        assert_eq!(rank, 3, "the third column is twice the second");
        for (found, expected) in coefficients.iter().zip([3.0, 2.0, 0.0, 5.0]) {
            assert!((found - expected).abs() < 1e-12, "{coefficients:?}");
        }
        // 0.1² · 2·(14² + 7² + 13² + 9²) = 9.9
        assert!((residual - 9.9).abs() < 1e-9, "{residual}");
    }

    /// Over many studies: the mean estimate of a variance of 1.
    fn simulated(space: &Space, loss: impl Fn(&[f64]) -> f64) -> f64 {
        let mut normal = normal(3);
        let studies = 300;
        let variances = (0..studies).map(|study| {
            let sample = |sample: usize| {
                let uniform = |i: u64| (mix(study, 8 * sample as u64 + i) >> 11) as f64 / (1_u64 << 53) as f64;
                let mut place = 0..8;
                let values = space.at(|_| uniform(place.next().unwrap()));
                let x: Vec<f64> = values.iter().filter_map(|(_, value)| value.number()).collect();
                Candidate { sample, steps: 10, values, loss: loss(&x) + normal(), standard_error: None }
            };
            let mut candidates: Vec<Candidate> = (0..48).map(sample).collect();
            candidates.sort_by(Candidate::order);
            Surrogate::of(space, &[candidates]).unwrap().variance
        });
        variances.sum::<f64>() / studies as f64
    }

    /// The sum over 300 studies of 24 − 5 or more degrees of freedom has a relative error of √(2/5700) = 0.019.
    #[test]
    fn the_variance_of_the_noise_is_found_whether_anything_matters_or_nothing_does() {
        let space =
            ["x", "y"].iter().fold(Space::default(), |space, name| space.with(name, Dimension::Uniform([-1.0, 1.0])));
        let flat = simulated(&space, |_| 0.0);
        assert!((flat - 1.0).abs() < 0.08, "{flat}");
        let bowl = simulated(&space, |x| 20.0 * x[0] * x[0] + 5.0 * x[1] * x[1]);
        assert!((bowl - 1.0).abs() < 0.08, "{bowl}");
        let cliff = simulated(&space, |x| if x[0] > 0.8 { 1e4 } else { 20.0 * x[0] * x[0] });
        assert!((0.92..1.5).contains(&cliff), "{cliff}");
    }

    #[test]
    fn of_a_parabola_that_bends_down_the_better_end_alone_is_good() {
        let term = |linear| Term::Ordered { linear, square: -1.0, low: -0.5, high: 0.5 };
        let within = |linear, tolerance| {
            let terms = BTreeMap::from([("x".to_owned(), term(linear))]);
            let surrogate = Surrogate { steps: 1, samples: 8, coefficients: 3, variance: 1.0, terms };
            let values = surrogate.within("x", &Dimension::Uniform([-0.5, 0.5]), tolerance);
            let numbers: Vec<f64> = values.iter().filter_map(Setting::number).collect();
            [numbers[0], numbers[numbers.len() - 1]]
        };
        // 0.05 x − x²: the left end is lower by 0.05.
        let [low, high] = within(0.05, 0.1);
        assert!(low < -0.49 && (-0.45..-0.3).contains(&high), "{low} to {high}");
        let [low, high] = within(0.05, 1.0);
        assert!(low <= -0.5 && high >= 0.5, "all of it is within so much");
    }

    #[test]
    fn the_order_of_a_list_does_not_matter() {
        let fit = |values: &[f64]| {
            let space = in_order(&Space::default().with("x", Dimension::Grid(values.to_vec())));
            let candidate = |sample: usize| {
                let x = [1.0, 2.0, 4.0, 8.0][sample % 4_usize];
                let values = mup_study::Values::default().with("x", Setting::Number(x));
                Candidate { sample, steps: 10, values, loss: (x.log2() - 1.0).powi(2), standard_error: None }
            };
            let mut candidates: Vec<Candidate> = (0..16).map(candidate).collect();
            candidates.sort_by(Candidate::order);
            let surrogate = Surrogate::of(&space, &[candidates]).unwrap();
            surrogate.within("x", &space.0["x"], 0.5)
        };
        assert_eq!(fit(&[4.0, 1.0, 8.0, 2.0]), fit(&[1.0, 2.0, 4.0, 8.0]));
    }
}
