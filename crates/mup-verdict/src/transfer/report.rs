//! What the runs of one parametrization say: a row per width, the drift, the verdict.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Criteria, Landscape, Runs, Verdict};
use crate::publication::{self, Publication};
use crate::{Answer, Slope, VerdictError};

/// The judgment on one parametrization. Made by [`Runs::judge`].
///
/// ```
/// use mup_verdict::transfer::{Criteria, Run, Runs, Verdict};
/// // The optimum moves down by an octave whenever width doubles.
/// let loss = |width: f64, x: f64| 2.0 + 0.1 * (x + 5.0 + (width / 64.0).log2()).powi(2);
/// let run = |width: usize, seed, x| Run { width, seed, log2_value: x, loss: Some(loss(width as f64, x)) };
/// let seeds = |width| (0..2).flat_map(move |seed| (0..10).map(move |i| run(width, seed, f64::from(i) - 12.0)));
/// let runs = [64, 128, 256].into_iter().flat_map(seeds).collect();
/// let runs = Runs { label: "SP".into(), hyperparameter: "learning rate".into(), grows: "width".into(), runs };
/// let report = runs.judge(Criteria::default())?;
/// assert!((report.drift().unwrap().value + 1.0).abs() < 1e-9);
/// assert_eq!(report.exit_code(), 1);
/// # Ok::<(), mup_verdict::VerdictError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    #[serde(flatten)]
    runs: Runs,
    criteria: Criteria,
    landscapes: Vec<Landscape>,
    transferred: f64,
    drift: Option<Slope>,
    seed_noise: f64,
    verdict: Verdict,
}

impl Report {
    pub(crate) fn new(runs: Runs, criteria: Criteria) -> Result<Self, VerdictError> {
        let widths = runs.widths();
        let landscapes: Vec<Landscape> =
            widths.iter().filter_map(|width| Landscape::new(&runs, *width, criteria.confidence)).collect();
        let Some(proxy) = landscapes.first() else {
            return Err(VerdictError::TooFewWidths { label: runs.label, widths });
        };
        let transferred = proxy.optimum.value;
        let with_regret = |one: Landscape| one.with_regret(&runs, transferred, criteria.confidence);
        let landscapes: Vec<Landscape> = landscapes.into_iter().map(with_regret).collect();
        let drift = drift(&landscapes, criteria.confidence);
        let mean = |number: fn(&Landscape) -> f64| landscapes.iter().map(number).sum::<f64>() / landscapes.len() as f64;
        let seed_noise = mean(Landscape::seed_variance).sqrt();
        let threshold = seed_noise.max(criteria.negligible * mean(|one| one.loss.value.abs()));
        let verdict = criteria.judge(&landscapes, drift, threshold);
        Ok(Self { runs, criteria, landscapes, transferred, drift, seed_noise, verdict })
    }

    /// What was judged.
    #[must_use]
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// By what.
    #[must_use]
    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }

    /// One per width, ascending.
    #[must_use]
    pub fn landscapes(&self) -> &[Landscape] {
        &self.landscapes
    }

    /// log₂ of the value that is transferred: the narrowest width's optimum.
    #[must_use]
    pub fn transferred(&self) -> f64 {
        self.transferred
    }

    /// Movement of log₂ optimum, in octaves per doubling of width.
    ///
    /// Least squares over all widths and seeds, Student's interval. Two things it does not say. Seeds that share
    /// data and weights across widths err alike, which cancels in the slope but not in the residuals: then the
    /// interval is wider than it need be. And where the curve bends (narrow widths are off), the residuals of all
    /// seeds at a width have one sign, so that more seeds narrow the interval of a line that is not one: look at
    /// the optima per width, and leave the narrowest ones out.
    ///
    /// An optimum that no parabola locates is known to half a grid step; the interval is widened by the most that
    /// this can tilt the line.
    #[must_use]
    pub fn drift(&self) -> Option<Slope> {
        self.drift
    }

    /// Standard deviation of the lowest loss between seeds, pooled over widths.
    #[must_use]
    pub fn seed_noise(&self) -> f64 {
        self.seed_noise
    }

    /// The largest regret over widths: what the transfer costs in loss, with its width. None when the transferred
    /// value lies outside some width's grid.
    #[must_use]
    pub fn worst_regret(&self) -> Option<(usize, f64)> {
        let regrets: Option<Vec<(usize, f64)>> =
            self.landscapes.iter().map(|one| one.regret.map(|regret| (one.width, regret.value))).collect();
        regrets?.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Whether the optimum stays.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The verdict in short.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match self.verdict {
            Verdict::Transfers => Answer::Holds,
            Verdict::Drifts { .. } | Verdict::Costs { .. } => Answer::Fails,
            Verdict::Undecided { .. } => Answer::Undecided,
        }
    }

    /// For the shell: 0 transfers, 1 drifts, 3 undecided.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.answer().exit_code()
    }

    /// The verdict in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Runs { label, hyperparameter: what, grows, .. } = &self.runs;
        let moves = self.drift.map_or(String::new(), |drift| {
            let Slope { value, low, high } = drift;
            let interval =
                if low.is_finite() { format!(" [{low:+.2}, {high:+.2}]") } else { " (no interval)".to_owned() };
            format!("it moves by {value:+.2}{interval} octaves per doubling of {grows}").replace('-', "−")
        });
        match self.verdict {
            Verdict::Transfers if self.landscapes.iter().any(|one| one.flat) => {
                format!("{label}: any {what} near the optimum will do, and the smallest {grows}'s costs nothing.")
            }
            Verdict::Transfers => format!("{label}: the best {what} transfers; {moves}."),
            Verdict::Drifts { .. } => format!("{label}: the best {what} drifts; {moves}."),
            Verdict::Costs { .. } => format!("{label}: the smallest {grows}'s {what} {}.", self.verdict),
            Verdict::Undecided { reason } => format!("{label}: undecided, {reason}; {moves}."),
        }
    }

    /// Writes `transfer.{csv,json,txt,svg,png,html}` into a folder, created if absent; returns the files.
    ///
    /// # Errors
    ///
    /// [`VerdictError::Write`] and [`VerdictError::Figure`], with the file.
    pub fn write_to(&self, folder: &Path, title: &str) -> Result<Vec<PathBuf>, VerdictError> {
        let publication = Publication {
            stem: "transfer",
            panels: vec![self],
            answer: self.answer(),
            sentence: self.sentence(),
            rows: rows(&[self]),
        };
        publication::write_to(self, publication, folder, title)
    }
}

fn drift(landscapes: &[Landscape], confidence: f64) -> Option<Slope> {
    let estimates = || landscapes.iter().flat_map(|one| one.estimates.iter().map(|(_, found)| (one.width, found)));
    let points: Vec<(usize, f64)> = estimates().map(|(width, found)| (width, found.log2_value.exp2())).collect();
    let slope = Slope::fit(&points, confidence)?;
    let logs = || estimates().map(|(width, found)| ((width as f64).log2(), found.uncertainty));
    let middle = logs().map(|(x, _)| x).sum::<f64>() / points.len() as f64;
    let spread: f64 = logs().map(|(x, _)| (x - middle).powi(2)).sum();
    let tilt = logs().map(|(x, uncertainty)| (x - middle).abs() * uncertainty).sum::<f64>() / spread;
    Some(Slope { low: slope.low - tilt, high: slope.high + tilt, ..slope })
}

/// The runs, one row each, with their header.
pub(crate) fn rows(reports: &[&Report]) -> Vec<Vec<String>> {
    let grows = reports.first().map_or("width", |report| &report.runs().grows);
    let header = ["parametrization", "hyperparameter", grows, "seed", "log2_value", "loss"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for runs in reports.iter().map(|report| report.runs()) {
        rows.extend(runs.runs.iter().map(|run| {
            let loss = run.loss.map_or(String::new(), |loss| loss.to_string());
            let numbers = [run.width.to_string(), run.seed.to_string(), run.log2_value.to_string(), loss];
            [runs.label.clone(), runs.hyperparameter.clone()].into_iter().chain(numbers).collect()
        }));
    }
    rows
}
