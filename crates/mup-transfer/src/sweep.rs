//! Walking a search space: every combination on the rate's grid, then the best one's grid extends itself.

use serde::{Deserialize, Serialize};

use crate::{Edge, Hyperparameters, Optimum, Point, SearchSpace};

/// How many points an unbracketed grid may gain before the sweep gives up and leaves the flag set.
const MAX_EXTENSIONS: usize = 8;

/// One combination of the other hyperparameters, over the rate's grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// The combination, at its best rate.
    pub values: Hyperparameters,
    /// Loss by rate, ascending.
    pub points: Vec<Point>,
    /// None if every rate diverged.
    pub optimum: Option<Optimum>,
}

impl Slice {
    fn new(values: Hyperparameters) -> Self {
        Self { values, points: Vec::new(), optimum: None }
    }

    fn insert(&mut self, point: Point) {
        self.points.push(point);
        self.points.sort_by(|a, b| a.log2_rate.total_cmp(&b.log2_rate));
        self.optimum = Optimum::of(&self.points);
        if let Some(optimum) = self.optimum {
            self.values.learning_rate = optimum.log2_rate.exp2();
        }
    }

    /// The rate that would bracket the optimum, one step beyond the edge. If every rate diverged: one step lower.
    fn beyond(&self, step: f64) -> Option<f64> {
        let (low, high) = (self.points.first()?.log2_rate, self.points.last()?.log2_rate);
        let edge = self.optimum.map_or(Some(Edge::Low), |optimum| optimum.edge)?;
        Some(if edge == Edge::High { high + step } else { low - step })
    }
}

/// The result of a sweep in which at least one trial finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// One per combination, in the order of the space.
    pub slices: Vec<Slice>,
    best: usize,
    optimum: Optimum,
}

impl Sweep {
    /// The combination with the lowest loss, at its best rate.
    #[must_use]
    pub fn best(&self) -> Hyperparameters {
        self.best_slice().values
    }

    /// The rate's optimum at the best combination.
    #[must_use]
    pub fn optimum(&self) -> &Optimum {
        &self.optimum
    }

    /// The loss against the rate at the best combination.
    #[must_use]
    pub fn best_slice(&self) -> &Slice {
        &self.slices[self.best]
    }
}

/// What ended a sweep without a choice.
#[derive(Debug, thiserror::Error)]
pub enum SweepError<E> {
    /// The trial itself failed, which is not the same as diverging.
    #[error(transparent)]
    Trial(#[from] E),
    /// No trial finished.
    #[error(
        "all {n_trials} trials diverged, down to a learning rate of 2^{lowest}: lower the grid, or look for a fault \
         in the model or the data"
    )]
    AllDiverged {
        /// Trials run.
        n_trials: usize,
        /// Lowest log₂ rate tried.
        lowest: f64,
    },
}

/// Runs every trial of a space, then extends the best combination's grid until its optimum is bracketed.
///
/// `trial` returns the loss, or none if it diverged. Trials run in a fixed order, so a study that is
/// continued asks for the same ones again.
///
/// # Errors
///
/// Whatever `trial` returns; [`SweepError::AllDiverged`].
pub fn sweep<E>(
    space: &SearchSpace,
    mut trial: impl FnMut(&Hyperparameters) -> Result<Option<f64>, E>,
) -> Result<Sweep, SweepError<E>> {
    let mut slices: Vec<Slice> = space.combinations().into_iter().map(Slice::new).collect();
    for slice in &mut slices {
        for log2_rate in space.rates.exponents() {
            add(slice, log2_rate, &mut trial)?;
        }
    }
    for _ in 0..MAX_EXTENSIONS {
        let best = best_slice(&slices);
        let Some(log2_rate) = slices[best].beyond(space.rates.step()) else { break };
        add(&mut slices[best], log2_rate, &mut trial)?;
    }
    let best = best_slice(&slices);
    match slices[best].optimum {
        Some(optimum) => Ok(Sweep { slices, best, optimum }),
        None => Err(all_diverged(&slices)),
    }
}

fn add<E>(
    slice: &mut Slice,
    log2_rate: f64,
    trial: &mut impl FnMut(&Hyperparameters) -> Result<Option<f64>, E>,
) -> Result<(), E> {
    let values = Hyperparameters { learning_rate: log2_rate.exp2(), ..slice.values };
    slice.insert(Point { log2_rate, loss: trial(&values)? });
    Ok(())
}

/// The first of the lowest; the first of all if none finished.
fn best_slice(slices: &[Slice]) -> usize {
    let loss = |slice: &Slice| slice.optimum.map_or(f64::INFINITY, |optimum| optimum.loss);
    let losses = slices.iter().map(loss).enumerate();
    losses.min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(i, _)| i)
}

fn all_diverged<E>(slices: &[Slice]) -> SweepError<E> {
    let points = slices.iter().flat_map(|slice| &slice.points);
    let lowest = points.clone().map(|point| point.log2_rate).fold(f64::INFINITY, f64::min);
    SweepError::AllDiverged { n_trials: points.count(), lowest }
}
