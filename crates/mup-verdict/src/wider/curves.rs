//! The recorded training curves of one parametrization, and by what they are judged.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::VerdictError;

/// The losses of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Width of the model.
    pub width: usize,
    /// Seed of weights and batches: the same seed at two widths sees the same batches.
    pub seed: u64,
    /// One per step. A run that diverged may end early, with a loss that is not finite.
    pub losses: Vec<f64>,
}

/// The curves of one parametrization with one set of hyperparameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// The parametrization, as figures and tables name it: `µP`.
    pub label: String,
    /// In any order.
    pub curves: Vec<Curve>,
}

/// When a wider model counts as worse.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Criteria {
    /// Losses are averaged over so many steps, up to the one that is judged.
    pub window: usize,
    /// Part of the run that is not judged: at the start all widths have the same loss, and which one leaves it
    /// first depends on the initialization and not on what is learned.
    pub burn_in: f64,
    /// Number of steps at which widths are compared, evenly spaced from the burn-in to the end.
    pub checkpoints: usize,
    /// Number of checkpoints in a row at which the wider model must be worse for a crossing.
    ///
    /// Two, instead of a correction for the number of checkpoints: noise of batches makes single checkpoints
    /// stand out but hardly two in a row, and noise of seeds, which lasts, is one comparison and not ten. With
    /// three seeds a Bonferroni quantile over 30 comparisons would be 17 standard errors, and nothing would ever
    /// be seen. Between pairs of widths, the level is divided (Bonferroni). `equal_widths_rarely_cross` measures it.
    pub in_a_row: usize,
    /// Confidence level, over all pairs of widths: the chance that no crossing is seen where there is none.
    pub confidence: f64,
    /// Relative difference of losses that does not matter: 0.1 %.
    pub negligible: f64,
}

impl Default for Criteria {
    fn default() -> Self {
        Self { window: 20, burn_in: 0.1, checkpoints: 10, in_a_row: 2, confidence: 0.95, negligible: 1e-3 }
    }
}

impl Criteria {
    fn validate(&self) -> Result<(), VerdictError> {
        VerdictError::check_criterion("confidence", self.confidence, 1.0, "(0, 1)")?;
        VerdictError::check_criterion("burn_in", self.burn_in, 1.0, "(0, 1)")?;
        VerdictError::check_criterion("negligible", self.negligible, f64::INFINITY, "(0, ∞)")?;
        for (name, value) in [("window", self.window), ("checkpoints", self.checkpoints), ("in_a_row", self.in_a_row)] {
            VerdictError::check_criterion(name, value as f64, f64::INFINITY, "1, 2, …")?;
        }
        Ok(())
    }

    /// Steps, from 0, at which widths are compared.
    pub(crate) fn steps(&self, n_steps: usize) -> Vec<usize> {
        let first = self.first(n_steps);
        let span = n_steps.saturating_sub(1 + first);
        let last = self.checkpoints.max(2) - 1;
        let mut steps: Vec<usize> = (0..=last).map(|i| first + span * i / last).collect();
        steps.dedup();
        steps
    }

    /// The first step that is judged of so many, from 0; curves that end before it are refused.
    #[must_use]
    pub fn first(&self, n_steps: usize) -> usize {
        let burn_in = (self.burn_in * n_steps as f64).ceil() as usize;
        burn_in.max(self.window - 1)
    }
}

impl Curves {
    /// Smooths, compares neighboring widths seed by seed, judges.
    ///
    /// # Errors
    ///
    /// [`VerdictError`]: fewer than two widths, a run twice, different seeds or numbers of steps (of runs that did
    /// not diverge), curves that end before the burn-in, criteria out of range.
    pub fn judge(self, criteria: Criteria) -> Result<Report, VerdictError> {
        criteria.validate()?;
        self.validate(&criteria)?;
        Ok(Report::new(self, criteria))
    }

    /// Ascending.
    pub(crate) fn widths(&self) -> Vec<usize> {
        self.curves.iter().map(|curve| curve.width).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Curves of a width, seeds ascending.
    pub(crate) fn of_width(&self, width: usize) -> Vec<&Curve> {
        let mut curves: Vec<&Curve> = self.curves.iter().filter(|curve| curve.width == width).collect();
        curves.sort_by_key(|curve| curve.seed);
        curves
    }

    pub(crate) fn n_steps(&self) -> usize {
        self.curves.iter().map(|curve| curve.losses.len()).max().unwrap_or(0)
    }

    fn validate(&self, criteria: &Criteria) -> Result<(), VerdictError> {
        let label = || self.label.clone();
        let (n_steps, widths) = (self.n_steps(), self.widths());
        if widths.len() < 2 {
            return Err(VerdictError::TooFewWidths { label: label(), widths });
        }
        if widths[0] == 0 {
            return Err(VerdictError::ZeroWidth { label: label() });
        }
        let burn_in = criteria.first(n_steps);
        if burn_in >= n_steps {
            return Err(VerdictError::TooShort { label: label(), steps: n_steps, burn_in });
        }
        let seeds = |width: usize| self.of_width(width).iter().map(|curve| curve.seed).collect::<Vec<u64>>();
        for width in &widths {
            let of_width = seeds(*width);
            if let Some(pair) = of_width.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(VerdictError::Duplicate { label: label(), width: *width, seed: pair[0], at: None });
            }
            if of_width != seeds(widths[0]) {
                let left = format!("{:?}", seeds(widths[0]));
                return Err(self.unlike("the list of seeds", widths[0], left, *width, format!("{of_width:?}")));
            }
        }
        self.curves.iter().try_for_each(|curve| self.check(curve, n_steps))
    }

    fn check(&self, curve: &Curve, n_steps: usize) -> Result<(), VerdictError> {
        let width = curve.width;
        let diverged = curve.losses.last().is_some_and(|loss| !loss.is_finite());
        if curve.losses.len() < n_steps && !diverged {
            let (found, longest) = (curve.losses.len().to_string(), n_steps.to_string());
            let other = self.curves.iter().find(|other| other.losses.len() == n_steps).map_or(width, |one| one.width);
            return Err(self.unlike("the number of steps", width, found, other, longest));
        }
        Ok(())
    }

    fn unlike(&self, what: &'static str, a: usize, left: String, b: usize, right: String) -> VerdictError {
        let name = |width| format!("{}, width {width}", self.label);
        VerdictError::Incomparable { what, left_label: name(a), left, right_label: name(b), right }
    }
}

impl Curve {
    /// Mean of the last `window` losses up to a step; infinite once the run has diverged.
    pub(crate) fn smooth(&self, step: usize, window: usize) -> f64 {
        if step >= self.losses.len() {
            return f64::INFINITY;
        }
        let part = &self.losses[(step + 1).saturating_sub(window)..=step];
        let finite = self.losses[..=step].iter().all(|loss| loss.is_finite());
        if finite { part.iter().sum::<f64>() / part.len() as f64 } else { f64::INFINITY }
    }
}
