//! Which point of a space a sample is: a pure function of (seed, number), or of earlier results too.

use std::str::FromStr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tpe::TpeOptimizer;

use crate::{Space, SpaceError, Values};

/// How samples are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
        serde_json::from_value(name.into()).map_err(|_| format!("no search is named `{name}`; {known}"))
    }
}

/// A sample that was tried, with its loss; a diverged one has an infinite one.
pub(crate) type Tried<'a> = (&'a Values, f64);

impl Search {
    /// The values of a sample; `tried` is used by an adaptive search alone.
    ///
    /// # Errors
    ///
    /// A grid without that sample, or over a continuum; too many Sobol points.
    pub(crate) fn sample(
        self,
        space: &Space,
        seed: u64,
        sample: usize,
        tried: &[Tried<'_>],
    ) -> Result<Values, SpaceError> {
        match self {
            Self::Random => Ok(space.at(|name| uniform(seed, sample, name))),
            Self::Sobol => sobol(space, seed, sample),
            Self::Grid => {
                let combinations = space.combinations()?;
                let found = combinations.get(sample).cloned();
                found.ok_or(SpaceError::TooManyTrials { trials: sample + 1, points: combinations.len() })
            }
            Self::Tpe => Ok(space.at(|name| parzen(space, seed, sample, name, tried))),
        }
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

fn sobol(space: &Space, seed: u64, sample: usize) -> Result<Values, SpaceError> {
    const POINTS: usize = 1 << 16;
    let points = u32::try_from(sample).ok().filter(|_| sample < POINTS);
    let index = points.ok_or(SpaceError::TooManyTrials { trials: sample + 1, points: POINTS })?;
    let names: Vec<&str> = space.varied().map(|(name, _)| name).collect();
    let limit = sobol_burley::NUM_DIMENSIONS as usize;
    if names.len() > limit {
        return Err(SpaceError::TooManyDimensions { dimensions: names.len(), limit });
    }
    let scramble = number(hash(seed, 0, "sobol")) as u32;
    let place = |name: &str| {
        let dimension = names.iter().position(|other| *other == name).unwrap_or(0) as u32;
        f64::from(sobol_burley::sample(index, dimension, scramble))
    };
    Ok(space.at(place))
}

/// The place of the next sample on one dimension, given all results. The crate's estimators take dimensions one by one.
fn parzen(space: &Space, seed: u64, sample: usize, name: &str, tried: &[Tried<'_>]) -> f64 {
    let dimension = &space.0[name];
    let count = dimension.settings().map(|settings| settings.len());
    let range = match count {
        Some(count) => tpe::categorical_range(count),
        None => tpe::range(0.0, 1.0),
    };
    let range = range.expect("bug: a checked dimension has a range");
    let estimator = if count.is_some() { tpe::histogram_estimator() } else { tpe::parzen_estimator() };
    let mut optimizer = TpeOptimizer::new(estimator, range);
    for (values, loss) in tried {
        let Some(place) = values.get(name).and_then(|value| dimension.place(value)) else { continue };
        // An estimator of names takes an index.
        let place = count.map_or(place, |count| (place * count as f64).floor());
        // Above all finite losses: the estimator only ranks them.
        let loss = if loss.is_finite() { *loss } else { f64::MAX };
        optimizer.tell(place, loss).expect("bug: a tried value lies in its own range");
    }
    let mut rng = ChaCha8Rng::from_seed(hash(seed, sample as u64, name));
    let asked = optimizer.ask(&mut rng).expect("bug: the estimator has a range");
    count.map_or(asked, |count| (asked.floor() + 0.5) / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(values: &Values) -> f64 {
        values.get("learning-rate").unwrap().number().unwrap()
    }

    #[test]
    fn a_sample_is_a_pure_function_of_seed_and_number() {
        for search in [Search::Random, Search::Sobol, Search::Tpe] {
            let sample = |seed, sample| search.sample(&Space::gpt3(), seed, sample, &[]).unwrap();
            assert_eq!(sample(1, 7), sample(1, 7), "{search:?}");
            assert_ne!(sample(1, 7), sample(1, 8), "{search:?}");
            assert_ne!(sample(1, 7), sample(2, 7), "{search:?}");
        }
        // Pinned, from Python's hashlib and math: a change here makes every study another one.
        let first = Search::Random.sample(&Space::gpt3(), 0, 0, &[]).unwrap();
        assert_eq!(rate(&first).to_bits(), 0.004181371794424482_f64.to_bits());
    }

    #[test]
    fn another_dimension_changes_no_random_value_of_this_one() {
        let alone = Search::Random.sample(&Space::named("rate").unwrap(), 3, 5, &[]).unwrap();
        let all = Search::Random.sample(&Space::gpt3(), 3, 5, &[]).unwrap();
        assert_eq!(rate(&alone).to_bits(), rate(&all).to_bits());
    }

    #[test]
    fn samples_fill_the_range_evenly_and_sobol_points_more_so() {
        // Counts in 16 bins of 256 samples: each has 16 expected. Sobol puts exactly 16 into each.
        let counts = |search: Search| {
            let mut counts = [0_i32; 16];
            for i in 0..256 {
                let values = search.sample(&Space::gpt3(), 0, i, &[]).unwrap();
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
        let mean_loss = |search: Search| {
            let mut tried: Vec<(Values, f64)> = Vec::new();
            for sample in 0..96 {
                let told: Vec<Tried<'_>> = tried.iter().map(|(values, loss)| (values, *loss)).collect();
                let values = search.sample(&space, 4, sample, &told).unwrap();
                let loss = loss(&values);
                tried.push((values, loss));
            }
            tried[48..].iter().map(|(_, loss)| loss).sum::<f64>() / 48.0
        };
        let (random, adaptive) = (mean_loss(Search::Random), mean_loss(Search::Tpe));
        assert!(adaptive < 0.6 * random, "adaptive {adaptive}, random {random}");
    }

    #[test]
    fn an_adaptive_search_takes_lists_and_diverged_trials() {
        let text = "a = { categorical = [\"x\", \"y\", \"z\"] }\nn = { integer = [1, 4] }\nr = { uniform = [0, 1] }";
        let space: Space = toml::from_str(text).unwrap();
        let mut tried: Vec<(Values, f64)> = Vec::new();
        for sample in 0..60 {
            let told: Vec<Tried<'_>> = tried.iter().map(|(values, loss)| (values, *loss)).collect();
            let values = Search::Tpe.sample(&space, 1, sample, &told).unwrap();
            let good = values.get("a").unwrap().to_string() == "y";
            tried.push((values, if good { 1.0 } else { f64::INFINITY }));
        }
        let late = tried[30..].iter().filter(|(_, loss)| loss.is_finite()).count();
        assert!(late > 15, "{late} of 30 late samples took the only good value");
    }

    #[test]
    fn a_grid_ends_and_says_so() {
        let space = Space::rates(-3, -1);
        assert_eq!(rate(&Search::Grid.sample(&space, 0, 2, &[]).unwrap()).to_bits(), 0.5_f64.to_bits());
        let error = Search::Grid.sample(&space, 0, 3, &[]).unwrap_err().to_string();
        assert!(error.contains('3') && error.contains('4'), "{error}");
    }
}
