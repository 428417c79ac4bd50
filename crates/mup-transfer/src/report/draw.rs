//! The figures of the report, by name: which picture each is.

use std::path::Path;

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, Pen, Picture};

use super::{FinalRun, Numbers, ReportError, curves, importance, rates, scatter};
use crate::Importance;

/// A figure of the report.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Figure<'a> {
    /// Loss against each hyperparameter over all trials, finished and diverged.
    Hyperparameters(&'a Numbers),
    /// How much each hyperparameter decides.
    Importance(&'a Importance),
    /// Loss against log₂ learning rate, one panel for each parametrization, optima marked.
    Rates(&'a Numbers),
    /// Loss against steps, target and controls.
    Curves(&'a [FinalRun]),
}

impl Figure<'_> {
    /// The figure as SVG text.
    ///
    /// # Errors
    ///
    /// The plotting library's message.
    pub fn svg(&self) -> Result<String, String> {
        mup_figure::svg(self)
    }

    /// Writes the figure as PNG, at twice the size of the SVG.
    ///
    /// # Errors
    ///
    /// [`ReportError`].
    pub fn write_png(&self, path: &Path) -> Result<(), ReportError> {
        Ok(mup_figure::write_png(self, path)?)
    }
}

impl Picture for Figure<'_> {
    fn size(&self) -> (u32, u32) {
        match self {
            Self::Hyperparameters(numbers) => scatter::size(numbers),
            Self::Importance(importance) => importance::size(importance),
            Self::Rates(_) | Self::Curves(_) => (960, 460),
        }
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen) -> DrawResult<B> {
        match self {
            Self::Rates(numbers) => rates::draw(area, pen, numbers),
            Self::Curves(runs) => curves::draw(area, pen, runs),
            Self::Hyperparameters(numbers) => scatter::draw(area, pen, numbers),
            Self::Importance(importance) => importance::draw(area, pen, importance),
        }
    }
}
