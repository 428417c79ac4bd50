//! How much of the loss each hyperparameter decides.

use mup_study::{Dimension, Space};
use serde::{Deserialize, Serialize};

use super::anova::{Explained, analyze};
use super::candidate::{Judged, Judgment};
use super::forest::Column;

/// Fewer samples give the noise of the forest.
pub const SAMPLES_FOR_IMPORTANCE: usize = 16;

/// The share of the loss's variance over the space that each hyperparameter explains alone, by functional analysis of
/// variance of a random forest.
///
/// All samples of the horizon that has most are used. A diverged one counts as the worst that finished: leaving it
/// out would hide what a hyperparameter does best, make training diverge; and the worst finished loss is a mild
/// stand-in, because a run that ends above its first loss counts as diverged. Seeds are averaged before. Where every
/// combination of a grid was tried it is the analysis of variance of the table; of random samples it is an estimate.
/// The forest's seed is fixed.
///
/// # Reference
///
/// Hutter, Hoos & Leyton-Brown, *An Efficient Approach for Assessing Hyperparameter Importance*, ICML 2014.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// Horizon of the samples.
    pub steps: usize,
    /// Samples used.
    pub samples: usize,
    /// Those of them that diverged.
    pub diverged: usize,
    /// One for each hyperparameter that varies, in order of name.
    pub shares: Vec<Share>,
}

/// The importance of one hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// Share of the variance, 0 to 1; all of them together are at most 1.
    pub mean: f64,
    /// Its standard error, by the jackknife over ten groups of samples.
    pub deviation: f64,
}

impl Importance {
    /// None from fewer than [`SAMPLES_FOR_IMPORTANCE`], or if the losses hardly differ.
    pub(super) fn of(space: &Space, judged: &[Judged<'_>]) -> Option<Self> {
        let tells = |one: &&Judged<'_>| matches!(one.judgment, Judgment::Finished(_) | Judgment::Diverged);
        let told: Vec<&Judged<'_>> = judged.iter().filter(tells).collect();
        let count = |steps: usize| told.iter().filter(|one| one.steps == steps).count();
        // Of equally many the longest.
        let steps = told.iter().map(|one| one.steps).max_by_key(|steps| (count(*steps), *steps))?;
        let told: Vec<&Judged<'_>> = told.into_iter().filter(|one| one.steps == steps).collect();
        let (losses, diverged) = losses(&told)?;
        let differs = |column: &[f64]| column.iter().any(|place| place.total_cmp(&column[0]).is_ne());
        if told.len() < SAMPLES_FOR_IMPORTANCE || !differs(&losses) {
            return None;
        }
        let columns = space.varied().map(|(name, dimension)| (name, dimension, places(&told, name, dimension)));
        // What never changed explains nothing.
        let (varied, constant): (Vec<_>, Vec<_>) = columns.partition(|(_, _, places)| differs(places));
        let column =
            |(_, dimension, places): &(&str, &Dimension, Vec<f64>)| Column::of(places, dimension.ends().is_some());
        let explained = analyze(&varied.iter().map(column).collect::<Vec<_>>(), &losses)?;
        let share =
            |name: &str, Explained { share, error }| Share { name: name.to_owned(), mean: share, deviation: error };
        let mut shares: Vec<Share> = varied.iter().zip(explained).map(|((name, ..), one)| share(name, one)).collect();
        let nothing = Explained { share: 0.0, error: 0.0 };
        shares.extend(constant.iter().map(|(name, ..)| share(name, nothing)));
        shares.sort_by(|a, b| a.name.cmp(&b.name));
        Some(Self { steps, samples: told.len(), diverged, shares })
    }

    /// That of one hyperparameter.
    #[must_use]
    pub fn share(&self, name: &str) -> Option<&Share> {
        self.shares.iter().find(|share| share.name == name)
    }

    /// What no hyperparameter decides alone: interactions.
    #[must_use]
    pub fn together(&self) -> f64 {
        (1.0 - self.shares.iter().map(|share| share.mean).sum::<f64>()).max(0.0)
    }
}

/// The losses, diverged ones as the worst that finished, and the number of diverged ones; none if nothing finished.
fn losses(told: &[&Judged<'_>]) -> Option<(Vec<f64>, usize)> {
    let loss = |one: &&Judged<'_>| match &one.judgment {
        Judgment::Finished(candidate) => Some(candidate.loss),
        Judgment::Doubtful(_) | Judgment::Diverged | Judgment::Unknown => None,
    };
    let losses: Vec<Option<f64>> = told.iter().map(loss).collect();
    let worst = losses.iter().flatten().copied().max_by(f64::total_cmp)?;
    let diverged = losses.iter().filter(|loss| loss.is_none()).count();
    Some((losses.into_iter().map(|loss| loss.unwrap_or(worst)).collect(), diverged))
}

fn places(told: &[&Judged<'_>], name: &str, dimension: &Dimension) -> Vec<f64> {
    let place = |one: &&Judged<'_>| one.values.get(name).and_then(|value| dimension.place(value)).unwrap_or(0.5);
    told.iter().map(place).collect()
}
