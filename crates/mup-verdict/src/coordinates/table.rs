//! The report as an aligned text table.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

use super::explain::{Note, notes};
use super::{Criteria, DamagedTrial, Report, Source, Summary, Untrained, Verdict};
use crate::Slope;
use crate::sparkline::sparkline;

/// Names of the columns.
pub(crate) fn header(report: &Report) -> [String; 8] {
    let over = format!("over {}s", report.grows());
    ["module", "of", "slope", "interval", &over, "slope over steps", "failing", "verdict"].map(str::to_owned)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", circumstances(self))?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(header(self));
        for summary in self.summaries() {
            table.add_row(cells(summary));
        }
        for column in [2, 6] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(f, "{table}")?;
        for Note { verdict, rows, text } in notes(self) {
            let separator = if verdict == Verdict::Undecided { "\n    " } else { ", " };
            writeln!(f, "{verdict} · {text}")?;
            if !rows.is_empty() {
                writeln!(f, "    {}", rows.join(separator))?;
            }
        }
        for line in stillness(self) {
            writeln!(f, "{line}")?;
        }
        for DamagedTrial { path, problem } in self.records().damaged() {
            writeln!(f, "run again · {}: {problem}", path.display())?;
        }
        f.write_str(&verdict_line(self))
    }
}

/// What was measured, in a line.
pub(crate) fn circumstances(report: &Report) -> String {
    let Criteria { statistic, tolerance, confidence, .. } = report.criteria();
    let (grows, widths, n_seeds, percent) = (report.grows(), report.widths(), report.n_seeds(), confidence * 100.0);
    let what = match grows {
        "depth" => {
            "of the sum of branches x_L − x_0 over the rules' m_L^(½−α), and of Δx_L after one small step of the blocks alone"
        }
        _ => "of x₀ and of Δx_t = x_t − x₀",
    };
    format!(
        "{grows}s {widths:?} · {n_seeds} seeds · {statistic} {what} · slope of log statistic on log {grows}, {percent} % \
         interval · flat within ±{tolerance}"
    )
}

/// What did not move, a sentence each.
pub(crate) fn stillness(report: &Report) -> Vec<String> {
    let untrained = report.untrained();
    let of_source = |source: Source| match source {
        Source::Input => {
            "no change · no input changed in any step, as it should be where inputs are the data".to_owned()
        }
        _ => format!(
            "no change · nothing of the source `{source}` changed in any step; where it is frozen, that is right"
        ),
    };
    let unchanged = report.unchanged().into_iter().map(of_source);
    match untrained {
        Some(untrained) => vec![format!("untrained · {untrained}")],
        None => unchanged.collect(),
    }
}

/// The verdict, in a line.
pub(crate) fn verdict_line(report: &Report) -> String {
    let count = |wanted: fn(Verdict) -> bool| report.deciding().filter(|row| wanted(row.verdict)).count();
    let (failed, undecided) = (count(Verdict::is_failure), count(|verdict| verdict == Verdict::Undecided));
    let n = report.deciding().count();
    let verdict = report.verdict();
    let untrained = match report.untrained() {
        Some(Untrained::Nothing) => "nothing was trained; ",
        Some(Untrained::NoChange) => "no change was recorded; ",
        None => "",
    };
    format!("verdict: {verdict} ({untrained}of {n} rows that decide {failed} fail, {undecided} are undecided)")
}

/// A row, in the order of the header.
pub(crate) fn cells(summary: &Summary) -> [String; 8] {
    let over_steps = summary.findings.iter().any(|finding| finding.step > 0);
    let slopes: Vec<f64> =
        summary.findings.iter().map(|step| step.slope.map_or(f64::NAN, |slope| slope.value)).collect();
    let failing = || format!("{}/{}", summary.n_failing(), slopes.len());
    [
        summary.module.clone(),
        summary.symbol().to_owned(),
        summary.slope.map_or("–".to_owned(), |slope| signed(slope.value)),
        summary.slope.map_or("–".to_owned(), interval),
        summary.middle().map(|step| over_widths(&step.means)).unwrap_or_default(),
        if over_steps { sparkline(&slopes, -1.0, 2.0) } else { String::new() },
        if over_steps && summary.source.decides() { failing() } else { String::new() },
        summary.verdict.to_string(),
    ]
}

fn interval(slope: Slope) -> String {
    format!("[{}, {}]", signed(slope.low), signed(slope.high))
}

/// Two decimals, without a negative zero.
pub(crate) fn signed(value: f64) -> String {
    format!("{:+.2}", (value * 100.0).round() / 100.0 + 0.0)
}

/// Log scale; at least two octaves high, so that noise looks as small as it is.
fn over_widths(means: &[f64]) -> String {
    let logs: Vec<f64> = means.iter().map(|mean| mean.log2()).collect();
    let finite = || logs.iter().copied().filter(|log| log.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let (middle, half) = (f64::midpoint(low, high), ((high - low) / 2.0).max(1.0));
    let (low, high) = (middle - half, middle + half);
    sparkline(&logs, low, high - low)
}

#[cfg(test)]
mod tests {
    use super::{over_widths, signed};

    #[test]
    fn a_slope_of_zero_has_one_sign() {
        assert_eq!([-0.001, 0.001, -0.006, f64::NEG_INFINITY].map(signed), ["+0.00", "+0.00", "-0.01", "-inf"]);
    }

    #[test]
    fn small_noise_looks_small_and_growth_looks_like_growth() {
        assert_eq!(over_widths(&[1.0, 1.05, 0.98]), "▄▅▄");
        assert_eq!(over_widths(&[1.0, 4.0, 16.0]), "▁▅█");
        assert_eq!(over_widths(&[0.0, 0.0]), "··");
    }
}
