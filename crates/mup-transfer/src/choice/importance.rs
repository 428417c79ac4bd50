//! How much of the loss each hyperparameter decides.

use fanova::{FanovaOptions, RandomForestOptions};
use mup_study::Space;
use serde::{Deserialize, Serialize};

use super::candidate::{Judged, Judgment};

/// Fewer samples give the noise of the forest.
pub const SAMPLES_FOR_IMPORTANCE: usize = 16;

/// The share of the loss's variance over the space that each hyperparameter explains alone, by functional analysis of
/// variance of a random forest.
///
/// All samples of the horizon that has most are used. A diverged one counts as the worst that finished: leaving it
/// out would hide what a hyperparameter does best, make training diverge; and the worst finished loss is a mild
/// stand-in, because a run that ends above its first loss counts as diverged. Seeds are averaged before. The forest's
/// seed is fixed.
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
    /// Share of the variance, 0 to 1; mean over the forest's trees.
    pub mean: f64,
    /// Standard deviation over the trees.
    pub deviation: f64,
}

impl Importance {
    /// None from fewer than [`SAMPLES_FOR_IMPORTANCE`], or if the losses hardly differ.
    pub(super) fn of(space: &Space, judged: &[Judged<'_>]) -> Option<Self> {
        let told: Vec<&Judged<'_>> = judged.iter().filter(|one| one.judgment != Judgment::Unknown).collect();
        let count = |steps: usize| told.iter().filter(|one| one.steps == steps).count();
        // Of equally many the longest.
        let steps = told.iter().map(|one| one.steps).max_by_key(|steps| (count(*steps), *steps))?;
        let told: Vec<&Judged<'_>> = told.into_iter().filter(|one| one.steps == steps).collect();
        let (losses, diverged) = losses(&told)?;
        let differs = |column: &[f64]| column.iter().any(|place| place.total_cmp(&column[0]).is_ne());
        if told.len() < SAMPLES_FOR_IMPORTANCE || !differs(&losses) {
            return None;
        }
        let columns = space.varied().map(|(name, dimension)| (name, places(&told, name, dimension)));
        // What never changed explains nothing, and has no width to integrate over.
        let (varied, constant): (Vec<_>, Vec<_>) = columns.partition(|(_, column)| differs(column));
        let mut shares = analyze(&varied, &losses)?;
        let nothing = |(name, _): &(&str, Vec<f64>)| Share { name: (*name).to_owned(), mean: 0.0, deviation: 0.0 };
        shares.extend(constant.iter().map(nothing));
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

/// None if a tree of the forest saw equal losses alone, which leaves nothing to explain.
fn analyze(columns: &[(&str, Vec<f64>)], losses: &[f64]) -> Option<Vec<Share>> {
    let options = FanovaOptions::new().random_forest(RandomForestOptions::new().seed(0)).parallel();
    let features = columns.iter().map(|(_, column)| column.as_slice()).collect();
    let mut fanova = options.fit(features, losses).ok()?;
    let share = |(i, (name, _)): (usize, &(&str, Vec<f64>))| {
        let importance = fanova.quantify_importance(&[i]);
        let share = Share { name: (*name).to_owned(), mean: importance.mean, deviation: importance.stddev };
        (share.mean.is_finite() && share.deviation.is_finite()).then_some(share)
    };
    columns.iter().enumerate().map(share).collect()
}

/// The losses, diverged ones as the worst that finished, and the number of diverged ones; none if nothing finished.
fn losses(told: &[&Judged<'_>]) -> Option<(Vec<f64>, usize)> {
    let loss = |one: &&Judged<'_>| match &one.judgment {
        Judgment::Finished(candidate) => Some(candidate.loss),
        Judgment::Diverged | Judgment::Unknown => None,
    };
    let losses: Vec<Option<f64>> = told.iter().map(loss).collect();
    let worst = losses.iter().flatten().copied().max_by(f64::total_cmp)?;
    let diverged = losses.iter().filter(|loss| loss.is_none()).count();
    Some((losses.into_iter().map(|loss| loss.unwrap_or(worst)).collect(), diverged))
}

fn places(told: &[&Judged<'_>], name: &str, dimension: &mup_study::Dimension) -> Vec<f64> {
    let place = |one: &&Judged<'_>| one.values.get(name).and_then(|value| dimension.place(value)).unwrap_or(0.5);
    told.iter().map(place).collect()
}
