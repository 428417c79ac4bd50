//! Does the narrow model tell the truth? Simulated widths against really trained ones.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::Diagnosis;
use crate::publication::{self, Publication};
use crate::transfer::rows;
use crate::{Answer, Interval, Slope, VerdictError};

/// Two shifts, and whether they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Of the simulated widths, in octaves per doubling.
    pub simulated: Option<Slope>,
    /// Of the real widths.
    pub real: Option<Slope>,
    /// *Holds*: within the tolerance, intervals overlap, both exclude 0. *Fails*: beyond the tolerance, and the
    /// intervals are apart. A shift that is not told from 0 says nothing: two landscapes at rest agree trivially.
    pub answer: Answer,
}

impl Agreement {
    fn new(simulated: Option<Slope>, real: Option<Slope>, tolerance: f64) -> Self {
        let answer = match (simulated.map(Interval::from), real.map(Interval::from)) {
            (Some(a), Some(b)) => {
                let (near, overlap) = ((a.value - b.value).abs() <= tolerance, a.overlaps(&b));
                if near && overlap && !a.contains_zero() && !b.contains_zero() {
                    Answer::Holds
                } else if !near && !overlap {
                    Answer::Fails
                } else {
                    Answer::Undecided
                }
            }
            _ => Answer::Undecided,
        };
        Self { simulated, real, answer }
    }
}

/// How much alike the two landscapes of a width are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shape {
    /// Simulated and real width.
    pub width: usize,
    /// Simulated optimum minus real one, in octaves.
    pub offset: f64,
    /// Correlation of the two mean curves over the values at which all seeds of both finished; none from fewer
    /// than three of them. Reported, not judged: one steep wall makes any two curves alike.
    pub correlation: Option<f64>,
}

/// A diagnosis with its validation: holds when the optimum shifts alike. The edge of stability has an answer of its own,
/// which is reported and decides nothing.
///
/// At base width n µP *is* SP, so the simulating model and the real one are two widths of one µP family, and a forecast is
/// as good as what it forecasts stays where it is in µP. That is claimed of the optimum. Of the edge it is not: narrow
/// models may be less stable in themselves, and a simulated edge is off by as much as µP's own moves from one width to
/// the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validation {
    simulated: Diagnosis,
    real: Diagnosis,
    optimum: Agreement,
    edge: Agreement,
    shapes: Vec<Shape>,
}

impl Validation {
    /// Compares the narrow model at simulated widths with SP models of these widths.
    ///
    /// # Errors
    ///
    /// [`VerdictError::Incomparable`]: different widths or hyperparameters.
    pub fn new(simulated: Diagnosis, real: Diagnosis) -> Result<Self, VerdictError> {
        let (a, b) = (simulated.report().runs(), real.report().runs());
        for (what, left, right) in [
            ("the hyperparameter", a.hyperparameter.clone(), b.hyperparameter.clone()),
            ("the list of widths", format!("{:?}", a.widths()), format!("{:?}", b.widths())),
        ] {
            if left != right {
                let (left_label, right_label) = (a.label.clone(), b.label.clone());
                return Err(VerdictError::Incomparable { what, left_label, left, right_label, right });
            }
        }
        let tolerance = simulated.criteria().tolerance;
        let mut edge = Agreement::new(simulated.edge_shift(), real.edge_shift(), tolerance);
        let mut optimum = Agreement::new(simulated.optimum_shift(), real.optimum_shift(), tolerance);
        // Where a landscape is flat or its optimum lies outside the grid, the numbers are there but mean nothing.
        let located = |one: &Diagnosis| one.report().landscapes().iter().all(|width| width.has_optimum());
        if !(located(&simulated) && located(&real)) {
            optimum.answer = Answer::Undecided;
        }
        // What was not trained is never right, however alike two such landscapes are.
        if [&simulated, &real].iter().any(|one| one.unlearned().is_some()) {
            (optimum.answer, edge.answer) = (Answer::Undecided, Answer::Undecided);
        }
        let pairs = simulated.report().landscapes().iter().zip(real.report().landscapes());
        let shape = |(a, b): (&crate::transfer::Landscape, &crate::transfer::Landscape)| Shape {
            width: a.width,
            offset: a.optimum.value - b.optimum.value,
            correlation: correlation(&shared(&a.curve, &b.curve)),
        };
        let shapes = pairs.map(shape).collect();
        Ok(Self { simulated, real, optimum, edge, shapes })
    }

    /// What the narrow model says.
    #[must_use]
    pub fn simulated(&self) -> &Diagnosis {
        &self.simulated
    }

    /// What is.
    #[must_use]
    pub fn real(&self) -> &Diagnosis {
        &self.real
    }

    /// Shifts of the optimum.
    #[must_use]
    pub fn optimum(&self) -> &Agreement {
        &self.optimum
    }

    /// Shifts of the edge of stability: reported, not judged.
    #[must_use]
    pub fn edge(&self) -> &Agreement {
        &self.edge
    }

    /// One per width, ascending.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// That of the optimum.
    #[must_use]
    pub fn answer(&self) -> Answer {
        self.optimum.answer
    }

    /// For the shell: 0 holds, 1 fails, 3 undecided.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.answer().exit_code()
    }

    /// The verdict in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let unlearned = [&self.simulated, &self.real].into_iter().find_map(|one| {
            let width = one.unlearned()?;
            Some(format!("Undecided: nothing was learned at width {width} of {}.", one.report().runs().label))
        });
        let claim = unlearned.unwrap_or_else(|| self.claim().to_owned());
        let edge = match self.edge.answer {
            Answer::Holds => "alike",
            Answer::Fails => "not alike",
            Answer::Undecided => "not told apart",
        };
        format!("{claim} Optimum: {}. Edge (not judged): {}, {edge}.", shifts(&self.optimum), shifts(&self.edge))
    }

    fn claim(&self) -> &'static str {
        match self.answer() {
            Answer::Holds => "The simulated widths move the optimum as the real ones do.",
            Answer::Fails => "The simulated widths do not move the optimum as the real ones do.",
            Answer::Undecided => "Undecided: the shifts of the optimum are too uncertain, or not there.",
        }
    }

    /// Writes `reverse.{csv,json,txt,svg,png,html}` into a folder, created if absent; returns the files.
    ///
    /// # Errors
    ///
    /// [`VerdictError::Write`] and [`VerdictError::Figure`], with the file.
    pub fn write_to(&self, folder: &Path, title: &str) -> Result<Vec<PathBuf>, VerdictError> {
        let publication = Publication {
            stem: "reverse",
            // Simulated widths on the left, real ones on the right: the paper's Figure 21.
            panels: vec![self.simulated().report(), self.real().report()],
            answer: self.answer(),
            sentence: self.sentence(),
            rows: rows(&[self.simulated().report(), self.real().report()]),
        };
        publication::write_to(self, publication, folder, title)
    }
}

fn shifts(agreement: &Agreement) -> String {
    let shift = |slope: Option<Slope>| match slope {
        Some(Slope { value, low, high }) => format!("{value:+.2} [{low:+.2}, {high:+.2}]").replace('-', "−"),
        None => "unknown".to_owned(),
    };
    let (simulated, real) = (shift(agreement.simulated), shift(agreement.real));
    format!("{simulated} simulated, {real} real octaves per doubling")
}

/// Pairs of losses at the values that both curves have.
fn shared(a: &[mup_sweep::Point], b: &[mup_sweep::Point]) -> Vec<(f64, f64)> {
    let at = |x: f64| b.iter().find(|point| (point.log2_rate - x).abs() < 1e-9).and_then(|point| point.loss);
    a.iter().filter_map(|point| Some((point.loss?, at(point.log2_rate)?))).collect()
}

fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let n = pairs.len() as f64;
    let (x, y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0 / n, y + pair.1 / n));
    let sum = |product: fn(f64, f64) -> f64| pairs.iter().map(|pair| product(pair.0 - x, pair.1 - y)).sum::<f64>();
    let found = sum(|a, b| a * b) / (sum(|a, _| a * a) * sum(|_, b| b * b)).sqrt();
    found.is_finite().then_some(found)
}

impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\n{}\n\n", self.simulated, self.real)?;
        for Shape { width, offset, correlation } in &self.shapes {
            let alike = correlation.map_or("–".to_owned(), |value| format!("{value:.3}"));
            writeln!(f, "width {width}: simulated − real optimum {offset:+.2} octaves, correlation of curves {alike}")?;
        }
        write!(f, "{}: {}", self.answer(), self.sentence())
    }
}
