//! The report as an aligned text table.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

use super::{Quantity, Report, Summary, Verdict};
use crate::Slope;

const HEADER: [&str; 8] =
    ["module", "of", "slope", "interval", "over widths", "slope over steps", "failing", "verdict"];

/// Eighths of a character cell.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let criteria = self.criteria();
        writeln!(
            f,
            "widths {:?} · {} seeds · {} of x₀ and of Δx_t = x_t − x₀ · slope of log statistic on log width, {} % interval · flat within ±{}",
            self.widths(),
            self.n_seeds(),
            criteria.statistic,
            criteria.confidence * 100.0,
            criteria.tolerance
        )?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(HEADER);
        for summary in self.summaries() {
            table.add_row(cells(summary));
        }
        for column in [2, 6] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(f, "{table}")?;
        let count = |wanted: fn(Verdict) -> bool| self.summaries().iter().filter(|row| wanted(row.verdict)).count();
        let (failed, undecided) = (count(Verdict::is_failure), count(|verdict| verdict == Verdict::Undecided));
        let n = self.summaries().len();
        write!(f, "verdict: {} (of {n} rows {failed} fail, {undecided} are undecided)", self.verdict())
    }
}

fn cells(summary: &Summary) -> [String; 8] {
    let change = summary.quantity == Quantity::Change;
    let slopes: Vec<f64> =
        summary.findings.iter().map(|step| step.slope.map_or(f64::NAN, |slope| slope.value)).collect();
    [
        summary.module.clone(),
        if change { "Δx" } else { "x₀" }.to_owned(),
        summary.slope.map_or("–".to_owned(), |slope| format!("{:+.2}", slope.value)),
        summary.slope.map_or("–".to_owned(), interval),
        summary.middle().map(|step| over_widths(&step.means)).unwrap_or_default(),
        if change { sparkline(&slopes, -1.0, 1.0) } else { String::new() },
        if change { format!("{}/{}", summary.n_failing(), slopes.len()) } else { String::new() },
        summary.verdict.to_string(),
    ]
}

fn interval(slope: Slope) -> String {
    format!("[{:+.2}, {:+.2}]", slope.low, slope.high)
}

/// Log scale; at least two octaves high, so that noise looks as small as it is.
fn over_widths(means: &[f64]) -> String {
    let logs: Vec<f64> = means.iter().map(|mean| mean.log2()).collect();
    let finite = || logs.iter().copied().filter(|log| log.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let (middle, half) = (f64::midpoint(low, high), ((high - low) / 2.0).max(1.0));
    sparkline(&logs, middle - half, middle + half)
}

/// One bar per value, clamped to the range; `·` for a value that is not finite.
fn sparkline(values: &[f64], low: f64, high: f64) -> String {
    let bar = |value: &f64| {
        if !value.is_finite() {
            return '·';
        }
        let height = ((value - low) / (high - low)).clamp(0.0, 1.0);
        BARS[(height * (BARS.len() - 1) as f64).round() as usize]
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::{over_widths, sparkline};

    #[test]
    fn a_sparkline_spans_its_range_and_marks_what_is_not_finite() {
        assert_eq!(sparkline(&[-1.0, 0.0, 1.0, 5.0, f64::NAN], -1.0, 1.0), "▁▅██·");
    }

    #[test]
    fn small_noise_looks_small_and_growth_looks_like_growth() {
        assert_eq!(over_widths(&[1.0, 1.05, 0.98]), "▄▅▄");
        assert_eq!(over_widths(&[1.0, 4.0, 16.0]), "▁▅█");
        assert_eq!(over_widths(&[0.0, 0.0]), "··");
    }
}
