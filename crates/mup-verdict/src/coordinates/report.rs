//! The judged check: findings, the overall verdict, files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{CheckError, Criteria, Quantity, Records, Statistic, Summary, Verdict, plot};
use crate::{Answer, Slope};

/// The judgment on one statistic of one module at one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the activation.
    pub module: String,
    /// The activation or its change.
    pub quantity: Quantity,
    /// Which statistic.
    pub statistic: Statistic,
    /// Number of optimizer steps done before the forward pass.
    pub step: usize,
    /// Mean of the statistic over seeds, per width (ascending): geometric, so that the fitted line goes through
    /// their middle; zero when a value is.
    pub means: Vec<f64>,
    /// Growth in width; none where a value is zero or not finite.
    pub slope: Option<Slope>,
    /// What it means.
    pub verdict: Verdict,
}

/// A judged check.
///
/// Prints as a table; what decides is documented at [`Report::summaries`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    criteria: Criteria,
    widths: Vec<usize>,
    n_seeds: usize,
    findings: Vec<Finding>,
    summaries: Vec<Summary>,
    records: Records,
}

/// The values of one statistic of one module at one step, by width.
type Points = Vec<(usize, f64)>;

/// The points of one module.
type Groups = BTreeMap<(Quantity, usize, Statistic), Points>;

impl Report {
    /// Groups, fits, judges.
    pub(crate) fn new(records: Records, criteria: Criteria) -> Result<Self, CheckError> {
        criteria.validate()?;
        let widths: BTreeSet<usize> = records.iter().map(|record| record.width).collect();
        let widths: Vec<usize> = widths.into_iter().collect();
        if widths.len() < 2 {
            return Err(CheckError::TooFewWidths { widths });
        }
        let trials: BTreeSet<(usize, u64)> = records.iter().map(|record| (record.width, record.seed)).collect();
        let n_seeds = trials.len() / widths.len();
        let mut findings = Vec::new();
        for (module, groups) in grouped(&records) {
            for ((quantity, step, statistic), points) in groups {
                if points.len() != trials.len() {
                    return Err(CheckError::MissingAtWidth { module, found: points.len(), expected: trials.len() });
                }
                let (slope, verdict) = criteria.judge(&module, quantity, &points);
                let means = widths.iter().map(|width| geometric_mean(&points, *width)).collect();
                findings.push(Finding { module: module.clone(), quantity, statistic, step, means, slope, verdict });
            }
        }
        let summaries = summarize(&findings, &criteria);
        Ok(Self { criteria, widths, n_seeds, findings, summaries, records })
    }

    /// Every finding: by module in the order of the forward pass, then quantity, step, statistic.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What decides, per module: the criteria's statistic of the activation at initialization, and of its change
    /// after the steps.
    ///
    /// Together these are the whole claim that x_t = x_0 + Δx_t is Θ(1), and each part on its own: x_t would let
    /// a constant x_0 hide a Δx_t that vanishes or grows slowly (TP-V Figure 5 shows the change for that reason).
    #[must_use]
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    /// The verdict on the model: the worst of the summaries; undecided when all of them are zero.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.summaries.iter().map(|summary| summary.verdict).max() {
            None | Some(Verdict::Zero) => Verdict::Undecided,
            Some(Verdict::Transient) => Verdict::Flat,
            Some(verdict) => verdict,
        }
    }

    /// Whether coordinates are Θ(1): the verdict in short.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match self.verdict() {
            Verdict::Undecided => Answer::Undecided,
            verdict if verdict.is_failure() => Answer::Fails,
            _ => Answer::Holds,
        }
    }

    /// For the shell: 0 flat, 1 grows, vanishes or is not finite, 3 undecided. (2 is for bad arguments.)
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.answer().exit_code()
    }

    /// What the findings were judged by.
    #[must_use]
    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }

    /// Widths, ascending.
    #[must_use]
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// Number of seeds per width.
    #[must_use]
    pub fn n_seeds(&self) -> usize {
        self.n_seeds
    }

    /// The measured numbers.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Writes `coord-check.{csv,txt,svg,png}` into a folder, created if absent; returns the files.
    ///
    /// # Errors
    ///
    /// [`CheckError::Write`] with the file that could not be written.
    pub fn write_to(&self, folder: &Path, title: &str) -> Result<Vec<PathBuf>, CheckError> {
        let failed =
            |path: &Path, source: std::io::Error| CheckError::Write { path: path.to_owned(), source: source.into() };
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        let files: Vec<PathBuf> =
            ["csv", "txt", "svg", "png"].iter().map(|kind| folder.join(format!("coord-check.{kind}"))).collect();
        self.records.write_csv(&files[0])?;
        std::fs::write(&files[1], format!("{title}\n{self}")).map_err(|error| failed(&files[1], error))?;
        plot::write_svg(self, title, &files[2])?;
        plot::write_png(self, title, &files[3])?;
        Ok(files)
    }
}

fn summarize(findings: &[Finding], criteria: &Criteria) -> Vec<Summary> {
    let decides = |finding: &&Finding| {
        let part = if finding.step == 0 { Quantity::Activation } else { Quantity::Change };
        finding.statistic == criteria.statistic && finding.quantity == part
    };
    let decisive: Vec<Finding> = findings.iter().filter(decides).cloned().collect();
    let groups = decisive.chunk_by(|a, b| a.module == b.module && a.quantity == b.quantity);
    groups.filter_map(|group| Summary::new(group.to_vec(), criteria)).collect()
}

/// Points by module (in the order of the forward pass), then quantity, step and statistic.
fn grouped(records: &Records) -> Vec<(String, Groups)> {
    let mut modules: Vec<(String, Groups)> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for record in records {
        let at = *index.entry(&record.module).or_insert_with(|| {
            modules.push((record.module.clone(), BTreeMap::new()));
            modules.len() - 1
        });
        let key = (record.quantity, record.step, record.statistic);
        modules[at].1.entry(key).or_default().push((record.width, record.value));
    }
    modules
}

fn geometric_mean(points: &[(usize, f64)], width: usize) -> f64 {
    let logs: Vec<f64> = points.iter().filter(|(w, _)| *w == width).map(|(_, value)| value.ln()).collect();
    (logs.iter().sum::<f64>() / logs.len() as f64).exp()
}
