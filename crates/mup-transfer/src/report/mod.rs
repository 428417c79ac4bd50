//! The report of a study: two figures (SVG and PNG), one self-contained page, one JSON with every number.

mod curves;
mod draw;
mod page;
mod rates;
mod verdict;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::figure::FigureError;
use crate::{Cost, Curve, Hyperparameters, Optimum, Outcome, Point, Transfer, Trial, write_durably};
pub use draw::Figure;

/// Loss against learning rate for one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateCurve {
    /// Name of the parametrization.
    pub parametrization: String,
    /// Width of the model.
    pub width: usize,
    /// The other hyperparameters (the rate in it is the best one).
    pub values: Hyperparameters,
    /// Loss by rate, ascending.
    pub points: Vec<Point>,
    /// The optimum; none if every trial diverged.
    pub optimum: Option<Optimum>,
}

/// A run with the transferred values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinalRun {
    /// What it is, in the legend and in the tables.
    pub label: String,
    /// Its configuration.
    pub trial: Trial,
    /// How it ended.
    pub outcome: Outcome,
    /// Its losses.
    pub curve: Curve,
}

/// Everything that a repetition on the same device reproduces to the last digit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// What all trials share: data, models, training, device.
    pub settings: Value,
    /// Seed of weights and batches.
    pub seed: u64,
    /// Steps over which the final losses are averaged.
    pub smoothed_over: usize,
    /// Every sweep, the one that chose first.
    pub rate_curves: Vec<RateCurve>,
    /// The chosen values and what becomes of them.
    pub transfer: Transfer,
    /// The target, then its control.
    pub runs: Vec<FinalRun>,
    /// Loss of the control minus loss of the target; none if either diverged.
    pub advantage: Option<f64>,
    /// Parameters of the target over parameters of the proxy.
    pub parameter_ratio: f64,
    /// Compute of tuning over compute of the target (TP-V App. F.4).
    pub cost_ratio: f64,
}

/// Everything that depends on when and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    /// The command that reproduces this report.
    pub command: String,
    /// Versions, device, processor.
    pub environment: BTreeMap<String, String>,
    /// Parameters × tokens and seconds.
    pub cost: Cost,
    /// Seconds by trial id.
    pub seconds: BTreeMap<String, f64>,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Heading.
    pub title: String,
    /// Reproducible to the last digit.
    pub numbers: Numbers,
    /// Not reproducible.
    pub circumstances: Circumstances,
    /// The plans of proxy and target, printed, with their names.
    pub plans: Vec<(String, String)>,
}

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// To what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A figure could not be drawn.
    #[error("cannot draw {}: {reason}", path.display())]
    Draw {
        /// The file.
        path: PathBuf,
        /// What the plotting library said.
        reason: String,
    },
}

impl From<FigureError> for ReportError {
    fn from(error: FigureError) -> Self {
        match error {
            FigureError::Draw { path, reason } => Self::Draw { path, reason },
            FigureError::Write { path, source } => Self::Io { path, source },
        }
    }
}

impl Report {
    /// The figure of loss against log₂ learning rate, optimum marked, one panel for each parametrization.
    #[must_use]
    pub fn rates_figure(&self) -> Figure<'_> {
        Figure::Rates(&self.numbers)
    }

    /// The figure of the training curves of target and control.
    #[must_use]
    pub fn curves_figure(&self) -> Figure<'_> {
        Figure::Curves(&self.numbers)
    }

    /// Writes `report.html`, `report.json`, `loss-vs-learning-rate.{svg,png}` and `target-training.{svg,png}`.
    ///
    /// # Errors
    ///
    /// [`ReportError`].
    pub fn write(&self, folder: &Path) -> Result<(), ReportError> {
        fs::create_dir_all(folder).map_err(|source| ReportError::Io { path: folder.to_owned(), source })?;
        let figures = [("loss-vs-learning-rate", self.rates_figure()), ("target-training", self.curves_figure())];
        let mut svgs = Vec::new();
        for (name, figure) in figures {
            let svg = figure.svg().map_err(|reason| ReportError::Draw { path: folder.join(name), reason })?;
            write(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
            figure.write_png(&folder.join(format!("{name}.png")))?;
            svgs.push(svg);
        }
        let mut json = serde_json::to_vec_pretty(self).expect("bug: plain data with text keys is always JSON");
        json.push(b'\n');
        write(&folder.join("report.json"), &json)?;
        write(&folder.join("report.html"), page::page(self, &svgs).into_string().as_bytes())
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), ReportError> {
    write_durably(path, content).map_err(|source| ReportError::Io { path: path.to_owned(), source })
}
