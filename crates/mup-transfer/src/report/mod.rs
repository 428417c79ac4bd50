//! The report of a study: figures (SVG and PNG), one self-contained page, one JSON with every number.

mod axis;
mod curves;
mod draw;
mod importance;
mod legend;
mod numbers;
mod of_study;
mod page;
mod palette;
mod rates;
mod scatter;
mod verdict;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use draw::Figure;
use mup_figure::FigureError;
use mup_files::{create_folders, write_durably};
pub use numbers::{FinalRun, Numbers, RateCurve, TrialSummary, Tuning};
use serde::{Deserialize, Serialize};

/// Everything that depends on when and where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    /// The command that reproduces this report.
    pub command: String,
    /// Commit of the program; none if that is not known.
    pub commit: Option<String>,
    /// Versions, device, processor.
    pub environment: BTreeMap<String, String>,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Heading.
    pub title: String,
    /// A function of the records.
    pub numbers: Numbers,
    /// Runs of the study's other targets, in words, by the name of each; usually empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_targets: BTreeMap<String, Vec<String>>,
    /// Not reproducible.
    pub circumstances: Circumstances,
    /// The plans of proxy and target, printed, with their names; may be empty.
    pub plans: Vec<(String, String)>,
}

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The study cannot be read.
    #[error(transparent)]
    Study(#[from] mup_study::StudyError),
    /// There is nothing to choose from.
    #[error(transparent)]
    Choice(#[from] crate::ChoiceError),
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// To what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A figure could not be made.
    #[error(transparent)]
    Figure(#[from] FigureError),
}

impl Report {
    /// The figures that there is something to draw for, by file name.
    #[must_use]
    pub fn figures(&self) -> Vec<(&'static str, Figure<'_>)> {
        let numbers = &self.numbers;
        let mut figures = Vec::new();
        if numbers.study.space.varied().next().is_some() {
            figures.push(("loss-vs-hyperparameters", Figure::Hyperparameters(numbers)));
        }
        if let Some(importance) = &numbers.choice.importance {
            figures.push(("importance", Figure::Importance(importance)));
        }
        if !numbers.runs.is_empty() {
            figures.push(("target-training", Figure::Curves(&numbers.runs)));
        }
        if !numbers.rate_curves.is_empty() {
            figures.push(("loss-vs-learning-rate", Figure::Rates(numbers)));
        }
        figures
    }

    /// Writes `report.html`, `report.json`, and of each figure `.svg` and `.png`, each file whole or not at all.
    ///
    /// # Errors
    ///
    /// [`ReportError`].
    pub fn write(&self, folder: &Path) -> Result<(), ReportError> {
        create_folders(folder).map_err(|source| ReportError::Io { path: folder.to_owned(), source })?;
        let mut svgs = Vec::new();
        for (name, figure) in self.figures() {
            let svg = figure.svg().map_err(|reason| FigureError::Draw { path: folder.join(name), reason })?;
            write(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
            figure.write_png(&folder.join(format!("{name}.png")))?;
            svgs.push((name, svg));
        }
        let mut json = serde_json::to_vec_pretty(self).expect("bug: plain data with text keys is always JSON");
        json.push(b'\n');
        write(&folder.join("report.json"), &json)?;
        // Last: whoever sees a new page has everything that it speaks of.
        write(&folder.join("report.html"), page::page(self, &svgs).into_string().as_bytes())
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), ReportError> {
    write_durably(path, content).map_err(|source| ReportError::Io { path: path.to_owned(), source })
}
