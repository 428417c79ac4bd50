//! What one family of models says of SP's fate at each width.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::Edge;
use crate::{
    Answer, Interval, Slope, VerdictError,
    publication::{self, Publication},
    transfer::{self, Report, Runs},
};

/// What counts as an edge of stability, and when two shifts agree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Criteria {
    /// Part of what training gains that is lost at the edge of stability: a half.
    pub rise: f64,
    /// Largest difference of two shifts that counts as none, in octaves per doubling of width: 1/4, half of what a
    /// wrong exponent makes.
    pub tolerance: f64,
    /// Confidence level of every interval.
    pub confidence: f64,
}

impl Default for Criteria {
    fn default() -> Self {
        Self { rise: 0.5, tolerance: 0.25, confidence: 0.95 }
    }
}

/// What will become of SP at one width.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fate {
    /// Simulated or real width.
    pub width: usize,
    /// log₂ of the best value, mean over seeds.
    pub optimum: Interval,
    /// log₂ of the largest stable value, mean over seeds; none where some seed's grid ends before it.
    pub edge: Option<Interval>,
    /// Whether there is something to forecast: the loss depends on the value, and its lowest mean is below the untrained
    /// loss.
    pub learned: bool,
}

/// The landscapes of a family of models, as optimum and edge of stability per width. Not a verdict: a forecast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    report: Report,
    criteria: Criteria,
    untrained_loss: f64,
    fates: Vec<Fate>,
    edge_shift: Option<Slope>,
}

impl Diagnosis {
    /// Reads optimum and edge off each width's landscape.
    ///
    /// In simulated runs, a run's width is the base width of the plan. `untrained_loss` is the loss before the
    /// first step, such as ln(number of classes).
    ///
    /// # Errors
    ///
    /// Those of [`Runs::judge`], and criteria or an untrained loss out of range.
    pub fn new(runs: Runs, untrained_loss: f64, criteria: Criteria) -> Result<Self, VerdictError> {
        VerdictError::check_criterion("rise", criteria.rise, 1.0, "(0, 1)")?;
        VerdictError::check_criterion("untrained_loss", untrained_loss, f64::INFINITY, "(0, ∞)")?;
        let Criteria { tolerance, confidence, .. } = criteria;
        let report = runs.judge(transfer::Criteria { tolerance, confidence, ..transfer::Criteria::default() })?;
        let edges = |width: usize| -> Option<Vec<Edge>> {
            let seeds = report.runs().seeds(width);
            let edge = |seed| Edge::of(&report.runs().points(width, seed), untrained_loss, criteria.rise);
            seeds.into_iter().map(edge).collect()
        };
        let mut points = Vec::new();
        let mut fates = Vec::new();
        for landscape in report.landscapes() {
            let (width, optimum, edges) = (landscape.width, landscape.optimum, edges(landscape.width));
            points.extend(edges.iter().flatten().map(|edge| (width, *edge)));
            let edge = edges.and_then(|edges| {
                let uncertainty = edges.iter().map(|edge| edge.uncertainty).sum::<f64>() / edges.len() as f64;
                let values: Vec<f64> = edges.iter().map(|edge| edge.log2_value).collect();
                Some(Interval::of_mean(&values, confidence)?.widened(uncertainty))
            });
            let learned = landscape.dependent && landscape.loss.value < untrained_loss;
            fates.push(Fate { width, optimum, edge, learned });
        }
        let everywhere = fates.iter().all(|fate| fate.edge.is_some());
        let edges: Vec<(usize, f64)> = points.iter().map(|(width, edge)| (*width, edge.log2_value.exp2())).collect();
        let edge_shift = everywhere.then(|| Slope::fit(&edges, confidence)).flatten();
        Ok(Self { report, criteria, untrained_loss, fates, edge_shift })
    }

    /// The landscapes and the drift of their optimum.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// By what edges and shifts were judged.
    #[must_use]
    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }

    /// One per width, ascending.
    #[must_use]
    pub fn fates(&self) -> &[Fate] {
        &self.fates
    }

    /// Movement of the optimum, in octaves per doubling of width.
    #[must_use]
    pub fn optimum_shift(&self) -> Option<Slope> {
        self.report.drift()
    }

    /// Movement of the edge of stability, in octaves per doubling of width; none where a grid ends before it.
    #[must_use]
    pub fn edge_shift(&self) -> Option<Slope> {
        self.edge_shift
    }

    /// The first width at which nothing was learned.
    pub(crate) fn unlearned(&self) -> Option<usize> {
        self.fates.iter().find(|fate| !fate.learned).map(|fate| fate.width)
    }

    /// One sentence per width.
    #[must_use]
    pub fn forecast(&self) -> Vec<String> {
        let what = &self.report.runs().hyperparameter;
        let sentence = |fate: &Fate| {
            let stable = match fate.edge {
                Some(edge) => format!("unstable above 2^{:.1}", edge.value),
                None => "stable as far as the grid goes".to_owned(),
            };
            let (width, optimum) = (fate.width, fate.optimum.value);
            if !fate.learned {
                let untrained = self.untrained_loss;
                return format!(
                    "SP of width {width}: no forecast, since nothing was learned: either no loss is below the untrained \
                     {untrained:.3}, or none depends on the {what} by more than seeds differ. Train for longer, or give more \
                     seeds."
                );
            }
            format!("SP of width {width}: the best {what} is near 2^{optimum:.1}, {stable}.").replace('-', "−")
        };
        self.fates.iter().map(sentence).collect()
    }

    /// Writes `reverse.{csv,json,txt,svg,png,html}` into a folder, created if absent; returns the files.
    ///
    /// # Errors
    ///
    /// [`VerdictError::Write`] and [`VerdictError::Figure`], with the file.
    pub fn write_to(&self, folder: &Path, title: &str) -> Result<Vec<PathBuf>, VerdictError> {
        let publication = Publication {
            stem: "reverse",
            panels: vec![self.report()],
            // A forecast without validation decides nothing.
            answer: Answer::Undecided,
            sentence: self.forecast().join(" "),
            rows: transfer::rows(&[self.report()]),
        };
        publication::write_to(self, publication, folder, title)
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, log₂ {}", self.report.runs().label, self.report.runs().hyperparameter)?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["width", "best", "interval", "stable up to", "interval"]);
        let cells = |interval: Interval| [format!("{:+.2}", interval.value), transfer::interval(interval, 2)];
        for fate in &self.fates {
            let [best, around_best] = cells(fate.optimum);
            let [edge, around_edge] = fate.edge.map_or(["–".to_owned(), "beyond the grid".to_owned()], cells);
            table.add_row([fate.width.to_string(), best, around_best, edge, around_edge]);
        }
        for column in [0, 1, 3] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for line in table.to_string().lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        f.write_str(&self.forecast().join("\n"))
    }
}
