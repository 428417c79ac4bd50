//! The judged check: findings, summaries, the overall verdict.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::untrained::unchanged;
use super::{CheckError, Criteria, Quantity, Record, Records, Source, Statistic, Summary, Untrained, Verdict};
use crate::{Answer, Slope};

/// The judgment on one statistic of one module at one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the activation, or path of the parameter.
    pub module: String,
    /// The kind of tensor.
    pub source: Source,
    /// That, or its change.
    pub quantity: Quantity,
    /// Which statistic.
    pub statistic: Statistic,
    /// Number of optimizer steps done before the forward pass.
    pub step: usize,
    /// Mean of the statistic over seeds, per width (ascending): geometric, so that the fitted line goes through
    /// their middle; zero when a value is.
    #[serde(with = "crate::number::list")]
    pub means: Vec<f64>,
    /// Growth in width, or in depth; none where a value is zero or not finite.
    pub slope: Option<Slope>,
    /// What it means.
    pub verdict: Verdict,
}

/// A judged check.
///
/// Prints as a table; what decides is documented at [`Report::summaries`].
#[derive(Clone, Debug, PartialEq)]
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
        check_statistic(&records, criteria.statistic)?;
        check_logits(&records)?;
        let trials: BTreeSet<(usize, u64)> = records.iter().map(|record| (record.width, record.seed)).collect();
        let n_seeds = trials.len() / widths.len();
        let mut findings = Vec::new();
        for (module, source, groups) in grouped(&records) {
            for ((quantity, step, statistic), points) in groups {
                if points.len() != trials.len() {
                    return Err(CheckError::MissingAtWidth { module, found: points.len(), expected: trials.len() });
                }
                let (slope, verdict) = criteria.judge(&module, source, quantity, statistic, &points);
                let means = widths.iter().map(|width| geometric_mean(&points, *width)).collect();
                let module = module.clone();
                findings.push(Finding { module, source, quantity, statistic, step, means, slope, verdict });
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

    /// Per module, the criteria's statistic at initialization, and of the change after the steps; of a gradient,
    /// at every step. Those of activations and inputs decide.
    ///
    /// Together these are the whole claim that x_t = x_0 + Δx_t is Θ(1), and each part on its own: x_t would let
    /// a constant x_0 hide a Δx_t that vanishes or grows slowly (TP-V Figure 5 shows the change for that reason).
    #[must_use]
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    /// The summaries that decide.
    pub fn deciding(&self) -> impl Iterator<Item = &Summary> {
        self.summaries.iter().filter(|summary| summary.source.decides() && summary.verdict != Verdict::NoClaim)
    }

    /// The verdict on the model: the worst of those that decide; undecided when all of them are zero, and where nothing
    /// fails but nothing was [trained](Self::untrained) either.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.deciding().map(|summary| summary.verdict).max() {
            Some(verdict) if verdict.is_failure() => verdict,
            None | Some(Verdict::Zero | Verdict::NoClaim) => Verdict::Undecided,
            _ if self.untrained().is_some() => Verdict::Undecided,
            Some(Verdict::Transient) => Verdict::Flat,
            Some(verdict) => verdict,
        }
    }

    /// Why the records say nothing about training; none if some activation changed.
    #[must_use]
    pub fn untrained(&self) -> Option<Untrained> {
        Untrained::of(&self.summaries)
    }

    /// The sources of which no tensor changed at all: frozen parameters, or inputs that are the data.
    #[must_use]
    pub fn unchanged(&self) -> Vec<Source> {
        unchanged(&self.summaries)
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

    /// What the widths are: of a check along depth, its depths.
    pub(crate) fn grows(&self) -> &'static str {
        self.summaries.first().map_or("width", |summary| summary.source.grows())
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

    /// Whether a module's vectors are as long at every width; none where that is not known.
    pub(crate) fn keeps_length(&self, summary: &Summary) -> Option<bool> {
        let of = |record: &&Record| record.source == summary.source && record.module == summary.module;
        let lengths: Option<BTreeSet<usize>> = self.records.iter().filter(of).map(|record| record.d).collect();
        lengths.map(|lengths| lengths.len() == 1)
    }

    /// The measured numbers.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.records
    }
}

fn check_statistic(records: &Records, statistic: Statistic) -> Result<(), CheckError> {
    let recorded: BTreeSet<Statistic> = records.iter().map(|record| record.statistic).collect();
    if recorded.contains(&statistic) {
        return Ok(());
    }
    let recorded: Vec<String> = recorded.iter().map(ToString::to_string).collect();
    Err(CheckError::StatisticNotRecorded { statistic, recorded: recorded.join(", ") })
}

/// What grows with width cannot be logits, and must not shrink.
fn check_logits(records: &Records) -> Result<(), CheckError> {
    let mut first: BTreeMap<&str, &Record> = BTreeMap::new();
    for record in records.iter().filter(|record| record.source == Source::Logits) {
        let narrow = *first.entry(&record.module).or_insert(record);
        if let (Some(before), Some(now)) = (narrow.d, record.d)
            && before != now
        {
            let (module, widths) = (record.module.clone(), [narrow.width, record.width]);
            return Err(CheckError::GrowingLogits { module, widths, lengths: [before, now] });
        }
    }
    Ok(())
}

fn summarize(findings: &[Finding], criteria: &Criteria) -> Vec<Summary> {
    let sums_up = |finding: &&Finding| {
        finding.statistic == criteria.statistic && finding.source.sums_up(finding.quantity, finding.step)
    };
    let chosen: Vec<Finding> = findings.iter().filter(sums_up).cloned().collect();
    let groups = chosen.chunk_by(|a, b| a.module == b.module && a.source == b.source && a.quantity == b.quantity);
    groups.filter_map(|group| Summary::new(group.to_vec(), criteria)).collect()
}

/// Points by module (in the order of the forward pass), then quantity, step and statistic.
fn grouped(records: &Records) -> Vec<(String, Source, Groups)> {
    let mut modules: Vec<(String, Source, Groups)> = Vec::new();
    let mut index: BTreeMap<(Source, &str), usize> = BTreeMap::new();
    for record in records {
        let at = *index.entry((record.source, &record.module)).or_insert_with(|| {
            modules.push((record.module.clone(), record.source, BTreeMap::new()));
            modules.len() - 1
        });
        let key = (record.quantity, record.step, record.statistic);
        modules[at].2.entry(key).or_default().push((record.width, record.value));
    }
    modules
}

/// Of absolute values, like the slope.
fn geometric_mean(points: &[(usize, f64)], width: usize) -> f64 {
    let logs: Vec<f64> = points.iter().filter(|(w, _)| *w == width).map(|(_, value)| value.abs().ln()).collect();
    (logs.iter().sum::<f64>() / logs.len() as f64).exp()
}
