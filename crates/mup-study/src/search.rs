//! Which point of a space a sample is: a pure function of (seed, number), or of earlier results too.

use std::collections::BTreeMap;
use std::str::FromStr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tpe::TpeOptimizer;

use crate::quote::quoted;
use crate::{Dimension, Space, SpaceError, Values};

/// How samples are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Search {
    /// Independent samples, as in the GPT-3 experiment. A value depends on (seed, number, name of the dimension)
    /// alone, so that another dimension changes no value of this one.
    #[default]
    Random,
    /// Owen-scrambled Sobol points: random, but evenly spread. Up to 65536.
    Sobol,
    /// Every combination of the listed values.
    Grid,
    /// Tree-structured Parzen estimator (Bergstra et al. 2011), told the results of all earlier rounds.
    Tpe,
}

impl FromStr for Search {
    type Err = String;

    /// By the name that `study.toml` has.
    fn from_str(name: &str) -> Result<Self, String> {
        let known = "there are random, sobol, grid and tpe";
        let unknown = || format!("no search is named `{}`; {known}", quoted(name, 0, 60));
        serde_json::from_value(name.into()).map_err(|_| unknown())
    }
}

/// Which sample of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// Its number in the study.
    pub(crate) sample: usize,
    /// Its place in a grid, or in a Sobol sequence.
    pub(crate) index: usize,
    /// Which scrambling of that sequence.
    pub(crate) scramble: usize,
}

impl Search {
    /// Whether the search has that many samples of a space: before anything is promised.
    ///
    /// # Errors
    ///
    /// [`SpaceError::NoGrid`], [`SpaceError::TooManyTrials`], [`SpaceError::TooManyDimensions`].
    pub(crate) fn check(self, space: &Space, trials: usize) -> Result<(), SpaceError> {
        let points = match self {
            Self::Grid => space.n_combinations()?,
            Self::Sobol => SOBOL_POINTS,
            Self::Random | Self::Tpe => return Ok(()),
        };
        let (dimensions, limit) = (space.varied().count(), sobol_burley::NUM_DIMENSIONS as usize);
        if self == Self::Sobol && dimensions > limit {
            return Err(SpaceError::TooManyDimensions { dimensions, limit });
        }
        if trials > points { Err(SpaceError::TooManyTrials { trials, points }) } else { Ok(()) }
    }

    /// The values of a sample that depends on no other. Of an adaptive search, what it chooses before it is told anything.
    ///
    /// # Errors
    ///
    /// A grid without that sample, or over a continuum; too many Sobol points.
    pub(crate) fn sample(self, space: &Space, seed: u64, point: Point) -> Result<Values, SpaceError> {
        match self {
            Self::Random => Ok(space.at(|name| uniform(seed, point.sample, name))),
            Self::Sobol => sobol(space, seed, point),
            Self::Grid => space.combination(point.index),
            Self::Tpe => Ok(Parzen::new(space, LISTED).ask(seed, point.sample)),
        }
    }
}

/// Whole numbers that an adaptive search lists, at most: beyond, neighbours tell of each other, and a list takes memory.
pub(crate) const LISTED: u64 = 10_000;
/// The same of studies of version 1, which listed all: what fits into memory stays what it is.
pub(crate) const LISTED_FIRST: u64 = 10_000_000;

/// A tree-structured Parzen estimator for each dimension: the crate's take dimensions one by one. A result is told once.
#[derive(Debug)]
pub(crate) struct Parzen {
    space: Space,
    optimizers: BTreeMap<String, (TpeOptimizer, Option<usize>)>,
    told: usize,
}

impl Parzen {
    /// Whole numbers up to `listed` are names, each with a probability of its own, and more of them a continuum.
    pub(crate) fn new(space: &Space, listed: u64) -> Self {
        let optimizer = |(name, dimension): (&str, &Dimension)| {
            let is_list = |count: &u64| !matches!(dimension, Dimension::Integer(_)) || *count <= listed;
            let count = dimension.count().filter(is_list).map(|count| count as usize);
            let range = match count {
                Some(count) => tpe::categorical_range(count),
                None => tpe::range(0.0, 1.0),
            };
            let range = range.expect("bug: a checked dimension has a range");
            let estimator = if count.is_some() { tpe::histogram_estimator() } else { tpe::parzen_estimator() };
            (name.to_owned(), (TpeOptimizer::new(estimator, range), count))
        };
        Self { space: space.clone(), optimizers: space.varied().map(optimizer).collect(), told: 0 }
    }

    /// Results that it was told.
    pub(crate) fn told(&self) -> usize {
        self.told
    }

    /// Tells a result; a diverged one has an infinite loss.
    pub(crate) fn tell(&mut self, values: &Values, loss: f64) {
        self.told += 1;
        // Above all finite losses: the estimator only ranks them.
        let loss = if loss.is_finite() { loss } else { f64::MAX };
        for (name, (optimizer, count)) in &mut self.optimizers {
            let Some(place) = values.get(name).and_then(|value| self.space.0[name].place(value)) else { continue };
            // An estimator of names takes an index.
            let place = count.map_or(place, |count| (place * count as f64).floor());
            optimizer.tell(place, loss).expect("bug: a tried value lies in its own range");
        }
    }

    /// The values of a sample, given all results.
    pub(crate) fn ask(&mut self, seed: u64, sample: usize) -> Values {
        let optimizers = &mut self.optimizers;
        self.space.at(|name| {
            let (optimizer, count) = optimizers.get_mut(name).expect("bug: every varied dimension has one");
            let mut rng = ChaCha8Rng::from_seed(hash(seed, sample as u64, name));
            let asked = optimizer.ask(&mut rng).expect("bug: the estimator has a range");
            count.map_or(asked, |count| (asked.floor() + 0.5) / count as f64)
        })
    }
}

fn hash(seed: u64, sample: u64, name: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    hasher.update(sample.to_le_bytes());
    hasher.update(name);
    hasher.finalize().into()
}

/// The first eight bytes of a hash, as a number.
fn number(hash: [u8; 32]) -> u64 {
    hash[..8].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// In 0..1, with 53 random bits.
fn uniform(seed: u64, sample: usize, name: &str) -> f64 {
    (number(hash(seed, sample as u64, name)) >> 11) as f64 / (1_u64 << 53) as f64
}

const SOBOL_POINTS: usize = 1 << 16;

fn sobol(space: &Space, seed: u64, point: Point) -> Result<Values, SpaceError> {
    Search::Sobol.check(space, point.index.saturating_add(1))?;
    let names: Vec<&str> = space.varied().map(|(name, _)| name).collect();
    let scramble = number(hash(seed, point.scramble as u64, "sobol")) as u32;
    let place = |name: &str| {
        let dimension = names.iter().position(|other| *other == name).unwrap_or(0) as u32;
        f64::from(sobol_burley::sample(point.index as u32, dimension, scramble))
    };
    Ok(space.at(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(values: &Values) -> f64 {
        values.get("learning-rate").unwrap().number().unwrap()
    }

    /// A sample by its number, told the result of the one before.
    type Choose<'a> = &'a mut dyn FnMut(usize, Option<(&Values, f64)>) -> Values;

    fn point(sample: usize) -> Point {
        Point { sample, index: sample, scramble: 0 }
    }

    #[test]
    fn a_sample_is_a_pure_function_of_seed_and_number() {
        for search in [Search::Random, Search::Sobol, Search::Tpe] {
            let sample = |seed, sample| search.sample(&Space::gpt3(), seed, point(sample)).unwrap();
            assert_eq!(sample(1, 7), sample(1, 7), "{search:?}");
            assert_ne!(sample(1, 7), sample(1, 8), "{search:?}");
            assert_ne!(sample(1, 7), sample(2, 7), "{search:?}");
        }
        // Pinned, from Python's hashlib and math: a change here makes every study another one.
        let first = Search::Random.sample(&Space::gpt3(), 0, point(0)).unwrap();
        assert_eq!(rate(&first).to_bits(), 0.004181371794424482_f64.to_bits());
    }

    #[test]
    fn another_dimension_changes_no_random_value_of_this_one() {
        let alone = Search::Random.sample(&Space::named("rate").unwrap(), 3, point(5)).unwrap();
        let all = Search::Random.sample(&Space::gpt3(), 3, point(5)).unwrap();
        assert_eq!(rate(&alone).to_bits(), rate(&all).to_bits());
    }

    #[test]
    fn samples_fill_the_range_evenly_and_sobol_points_more_so() {
        // Counts in 16 bins of 256 samples: each has 16 expected. Sobol puts exactly 16 into each.
        let counts = |search: Search| {
            let mut counts = [0_i32; 16];
            for i in 0..256 {
                let values = search.sample(&Space::gpt3(), 0, point(i)).unwrap();
                let place = (rate(&values).log10() + 4.0) / 3.0;
                counts[((place * 16.0) as usize).min(15)] += 1;
            }
            counts
        };
        assert_eq!(counts(Search::Sobol), [16; 16]);
        // The χ² statistic of 15 degrees of freedom exceeds 37.7 once in a thousand.
        let chi_squared: f64 = counts(Search::Random).map(|n| f64::from((n - 16).pow(2)) / 16.0).iter().sum();
        assert!(chi_squared < 37.7, "{chi_squared}");
    }

    #[test]
    fn an_adaptive_search_goes_where_losses_are_low() {
        let space = Space::gpt3();
        let loss = |values: &Values| (rate(values).log2() + 6.0).abs();
        let mean_loss = |choose: Choose<'_>| {
            let mut losses = Vec::new();
            let mut values = choose(0, None);
            for sample in 1..=96 {
                losses.push(loss(&values));
                values = choose(sample, Some((&values, losses[sample - 1])));
            }
            losses[48..].iter().sum::<f64>() / 48.0
        };
        let random = mean_loss(&mut |sample, _| Search::Random.sample(&space, 4, point(sample)).unwrap());
        let mut search = Parzen::new(&space, LISTED);
        let adaptive = mean_loss(&mut |sample, result| {
            result.into_iter().for_each(|(values, loss)| search.tell(values, loss));
            search.ask(4, sample)
        });
        assert!(adaptive < 0.6 * random, "adaptive {adaptive}, random {random}");
    }

    #[test]
    fn an_adaptive_search_takes_lists_and_diverged_trials() {
        let text = "a = { categorical = [\"x\", \"y\", \"z\"] }\nn = { integer = [1, 4] }\nr = { uniform = [0, 1] }";
        let space = Space::from_toml(text).unwrap();
        let mut search = Parzen::new(&space, LISTED);
        let mut good = Vec::new();
        for sample in 0..60 {
            let values = search.ask(1, sample);
            good.push(values.get("a").unwrap().to_string() == "y");
            search.tell(&values, if good[sample] { 1.0 } else { f64::INFINITY });
        }
        let late = good[30..].iter().filter(|good| **good).count();
        assert!(late > 15, "{late} of 30 late samples took the only good value");
    }

    #[test]
    fn an_adaptive_search_takes_a_range_of_whole_numbers_of_any_length() {
        let space = Space::from_toml("n = { integer = [1, 4000000000] }").unwrap();
        for listed in [LISTED, LISTED_FIRST] {
            let mut search = Parzen::new(&space, listed);
            let mut far = Vec::new();
            for sample in 0..60 {
                let values = search.ask(1, sample);
                let n = values.get("n").unwrap().number().unwrap();
                assert!((1.0..=4e9).contains(&n) && n.fract() == 0.0, "{n}");
                far.push((n - 3e9).abs());
                search.tell(&values, far[sample]);
            }
            let mean = |far: &[f64]| far.iter().sum::<f64>() / far.len() as f64;
            assert!(mean(&far[30..]) < 0.5 * mean(&far[..10]), "it goes where losses are low: {far:?}");
        }
    }

    #[test]
    fn a_grid_ends_and_says_so() {
        let space = Space::rates(-3, -1);
        assert_eq!(rate(&Search::Grid.sample(&space, 0, point(2)).unwrap()).to_bits(), 0.5_f64.to_bits());
        let error = Search::Grid.sample(&space, 0, point(3)).unwrap_err().to_string();
        assert!(error.contains('3') && error.contains('4'), "{error}");
    }
}
