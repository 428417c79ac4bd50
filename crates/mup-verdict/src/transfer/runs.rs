//! The recorded runs of one parametrization, and which one to run next.

use std::collections::BTreeSet;

use mup_sweep::{Edge, Log2Grid, Optimum, Point};
use serde::{Deserialize, Serialize};

use super::{Criteria, Report};
use crate::VerdictError;

/// One training run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Width of the model, or whatever grows.
    pub width: usize,
    /// Seed of weights and batches.
    pub seed: u64,
    /// log₂ of the hyperparameter.
    pub log2_value: f64,
    /// Final loss; none if the run diverged, which has to be said.
    #[serde(deserialize_with = "Option::deserialize")]
    pub loss: Option<f64>,
}

/// The runs of one parametrization over one hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// The parametrization, as figures and tables name it: `µP`.
    pub label: String,
    /// The hyperparameter, as figures and tables name it: `learning rate`.
    pub hyperparameter: String,
    /// What grows, as figures and tables name it: `width`.
    #[serde(default = "width")]
    pub grows: String,
    /// In any order.
    pub runs: Vec<Run>,
}

fn width() -> String {
    "width".to_owned()
}

impl Runs {
    /// The next log₂ value to run for a width and seed; none when its optimum is bracketed, or when it had
    /// `max_extensions` more runs than the grid has points.
    ///
    /// First the grid, ascending, as far as it is missing, so that a driver may be interrupted; then one step at
    /// a time beyond the edge on which the lowest loss lies, downward while every run diverges.
    ///
    /// ```
    /// # use mup_sweep::Log2Grid;
    /// # use mup_verdict::transfer::{Run, Runs};
    /// let grid = Log2Grid::new(-9.0, -7.0, 1.0)?;
    /// let mut runs = Runs { label: "µP".into(), hyperparameter: "learning rate".into(), grows: "width".into(), runs: Vec::new() };
    /// while let Some(log2_value) = runs.wanted(64, 0, &grid, 8) {
    ///     let loss = Some(2.0 + 0.1 * (log2_value + 5.0).powi(2));
    ///     runs.runs.push(Run { width: 64, seed: 0, log2_value, loss });
    /// }
    /// assert_eq!(runs.runs.last().map(|run| run.log2_value), Some(-4.0), "-5 is bracketed");
    /// # Ok::<(), mup_sweep::GridError>(())
    /// ```
    #[must_use]
    pub fn wanted(&self, width: usize, seed: u64, grid: &Log2Grid, max_extensions: usize) -> Option<f64> {
        let points = self.points(width, seed);
        let known = |x: &f64| points.iter().any(|point| (point.log2_rate - x).abs() < 1e-9);
        let exponents = grid.exponents();
        if let Some(missing) = exponents.iter().find(|x| !known(x)) {
            return Some(*missing);
        }
        if points.len() >= exponents.len() + max_extensions {
            return None;
        }
        match Optimum::of(&points).map_or(Some(Edge::Low), |optimum| optimum.edge)? {
            Edge::High => Some(points.last()?.log2_rate + grid.step()),
            Edge::Low | Edge::Both => Some(points.first()?.log2_rate - grid.step()),
        }
    }

    /// Fits, compares, judges.
    ///
    /// # Errors
    ///
    /// [`VerdictError`]: fewer than two widths, a run twice, a loss that is not finite, a width and
    /// seed of which every run diverged, criteria out of range. What is only too little for a verdict (unbracketed
    /// optima, two widths, one seed) is [`Verdict::Undecided`](super::Verdict::Undecided).
    pub fn judge(self, criteria: Criteria) -> Result<Report, VerdictError> {
        criteria.validate()?;
        self.validate()?;
        Report::new(self, criteria)
    }

    /// Ascending.
    pub(crate) fn widths(&self) -> Vec<usize> {
        self.runs.iter().map(|run| run.width).collect::<BTreeSet<_>>().into_iter().collect()
    }

    pub(crate) fn seeds(&self, width: usize) -> Vec<u64> {
        let of_width = self.runs.iter().filter(|run| run.width == width);
        of_width.map(|run| run.seed).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Of one width and seed, ascending.
    pub(crate) fn points(&self, width: usize, seed: u64) -> Vec<Point> {
        let of_both = self.runs.iter().filter(|run| run.width == width && run.seed == seed);
        let mut points: Vec<Point> = of_both.map(|run| Point { log2_rate: run.log2_value, loss: run.loss }).collect();
        points.sort_by(|a, b| a.log2_rate.total_cmp(&b.log2_rate));
        points
    }

    fn validate(&self) -> Result<(), VerdictError> {
        let label = || self.label.clone();
        for run in &self.runs {
            let Run { width, seed, log2_value: at, loss } = *run;
            if width == 0 {
                return Err(VerdictError::ZeroWidth { label: label() });
            }
            let loss = loss.unwrap_or(1.0);
            if !(at.is_finite() && loss.is_finite()) {
                return Err(VerdictError::UnusableLoss { label: label(), width, seed, at, loss });
            }
        }
        let widths = self.widths();
        if widths.len() < 2 {
            return Err(VerdictError::TooFewWidths { label: label(), widths });
        }
        for (width, seed) in widths.iter().flat_map(|w| self.seeds(*w).into_iter().map(|s| (*w, s))) {
            let points = self.points(width, seed);
            if let Some(pair) = points.windows(2).find(|pair| (pair[1].log2_rate - pair[0].log2_rate).abs() < 1e-9) {
                let at = Some(pair[0].log2_rate);
                return Err(VerdictError::Duplicate { label: label(), width, seed, at });
            }
            if points.iter().all(|point| point.loss.is_none()) {
                let (n_runs, lowest) = (points.len(), points[0].log2_rate);
                return Err(VerdictError::AllDiverged { label: label(), width, seed, n_runs, lowest });
            }
        }
        Ok(())
    }
}
