//! What the curves of one parametrization say.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::{Criteria, Curves, Idle, Pair};
use crate::publication::{self, Publication};
use crate::{Answer, VerdictError};

/// The judgment on one parametrization. Made by [`Curves::judge`].
///
/// *Fails* when a wider model is worse than the next narrower one beyond noise; *holds* when no such crossing is
/// seen and the averages over the run exclude one; *undecided* when the noise would hide it, as with one seed, and where
/// nothing was learned or the widths do not differ ([`Idle`]).
///
/// ```
/// use mup_verdict::{Answer, wider::{Criteria, Curve, Curves}};
/// let loss = |width: usize, step: i32| 2.0 + 10.0 / f64::from(step) - 0.1 * (width as f64).log2();
/// let losses = |width| (1..=200).map(|step| loss(width, step)).collect();
/// let curve = |width, seed| Curve { width, seed, losses: losses(width) };
/// let curves = [64, 128, 256].into_iter().flat_map(|width| (0..3).map(move |seed| curve(width, seed))).collect();
/// let report = Curves { label: "µP".into(), curves }.judge(Criteria::default())?;
/// assert_eq!(report.answer(), Answer::Holds);
/// # Ok::<(), mup_verdict::VerdictError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    #[serde(flatten)]
    curves: Curves,
    criteria: Criteria,
    pairs: Vec<Pair>,
    answer: Answer,
    idle: Option<Idle>,
}

impl Report {
    pub(crate) fn new(curves: Curves, criteria: Criteria) -> Self {
        let (widths, steps) = (curves.widths(), criteria.steps(curves.n_steps()));
        let pair = |pair: &[usize]| {
            let (narrow, wide) = (curves.of_width(pair[0]), curves.of_width(pair[1]));
            Pair::new(&narrow, &wide, &steps, &criteria, widths.len() - 1)
        };
        let pairs: Vec<Pair> = widths.windows(2).map(pair).collect();
        let none_worse = pairs.iter().all(|pair| pair.better);
        let idle = if none_worse { Idle::of(&curves, &criteria) } else { None };
        let answer = if pairs.iter().any(|pair| pair.crossings > 0) {
            Answer::Fails
        } else if none_worse && idle.is_none() {
            Answer::Holds
        } else {
            Answer::Undecided
        };
        Self { curves, criteria, pairs, answer, idle }
    }

    /// What was judged.
    #[must_use]
    pub fn curves(&self) -> &Curves {
        &self.curves
    }

    /// By what.
    #[must_use]
    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }

    /// Neighboring widths, ascending.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Why it proves nothing that no width is worse; none where every width learned something of its own, or one is worse.
    #[must_use]
    pub fn idle(&self) -> Option<Idle> {
        self.idle
    }

    /// Number of crossings over all pairs.
    #[must_use]
    pub fn crossings(&self) -> usize {
        self.pairs.iter().map(|pair| pair.crossings).sum()
    }

    /// Whether wider is better.
    #[must_use]
    pub fn answer(&self) -> Answer {
        self.answer
    }

    /// For the shell: 0 wider is better, 1 a wider model is worse, 3 undecided.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.answer.exit_code()
    }

    /// The verdict in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let label = &self.curves.label;
        let names = |wanted: fn(&Pair) -> bool| {
            let found = self.pairs.iter().filter(|pair| wanted(pair));
            found.map(|pair| format!("{} → {}", pair.narrow, pair.wide)).collect::<Vec<_>>().join(", ")
        };
        match (self.answer, self.idle) {
            (Answer::Holds, _) => format!("{label}: wider is better, and no curves cross."),
            (Answer::Fails, _) => format!("{label}: a wider model is worse ({}).", names(|pair| pair.crossings > 0)),
            (Answer::Undecided, Some(idle)) => format!("{label}: undecided, {idle}."),
            (Answer::Undecided, None) => {
                format!("{label}: undecided, noise would hide a crossing ({}); add seeds.", names(|pair| !pair.better))
            }
        }
    }

    /// Writes `wider.{csv,json,txt,svg,png,html}` into a folder, created if absent; returns the files.
    ///
    /// # Errors
    ///
    /// [`VerdictError::Write`] and [`VerdictError::Figure`], with the file.
    pub fn write_to(&self, folder: &Path, title: &str) -> Result<Vec<PathBuf>, VerdictError> {
        let publication = Publication {
            stem: "wider",
            panels: vec![self],
            answer: self.answer(),
            sentence: self.sentence(),
            rows: rows(&[self]),
        };
        publication::write_to(self, publication, folder, title)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Criteria { window, confidence, .. } = self.criteria;
        writeln!(
            f,
            "{}, losses averaged over {window} steps, {} % over all pairs",
            self.curves.label,
            confidence * 100.0
        )?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header([
            "widths",
            "wide − narrow",
            "at most",
            "at the checkpoints",
            "crossings",
        ]);
        for pair in &self.pairs {
            let at_most =
                if pair.overall.high.is_finite() { format!("{:+.4}", pair.overall.high) } else { "–".to_owned() };
            table.add_row([
                format!("{} → {}", pair.narrow, pair.wide),
                format!("{:+.4}", pair.overall.value),
                at_most,
                signs(pair),
                pair.crossings.to_string(),
            ]);
        }
        for column in [1, 2, 4] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for line in table.to_string().lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        write!(f, "− better, + worse beyond noise, · within noise\n{}", self.sentence())
    }
}

/// One character per checkpoint.
fn signs(pair: &Pair) -> String {
    let sign = |gap: &super::Gap| match gap.difference {
        _ if gap.worse => '+',
        difference if -difference > gap.noise => '−',
        _ => '·',
    };
    pair.gaps.iter().map(sign).collect()
}

/// The runs, one row each, with their header.
pub(super) fn rows(reports: &[&Report]) -> Vec<Vec<String>> {
    let mut rows = vec![["parametrization", "width", "seed", "step", "loss"].map(str::to_owned).to_vec()];
    for curves in reports.iter().map(|report| report.curves()) {
        for curve in &curves.curves {
            let (width, seed) = (curve.width.to_string(), curve.seed.to_string());
            rows.extend(curve.losses.iter().enumerate().map(|(step, loss)| {
                vec![curves.label.clone(), width.clone(), seed.clone(), step.to_string(), loss.to_string()]
            }));
        }
    }
    rows
}
