//! Reports as aligned text, and runs as rows.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

use super::{Comparison, Landscape, Report};
use crate::{Interval, sparkline};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = &self.runs().hyperparameter;
        writeln!(f, "{}, log₂ {what}, {} % intervals", self.runs().label, self.criteria().confidence * 100.0)?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header([
            &self.runs().grows,
            "seeds",
            "best",
            "interval",
            "fitted",
            "± seeds",
            "regret",
            "interval",
            "curve",
        ]);
        for landscape in self.landscapes() {
            table.add_row(cells(landscape));
        }
        for column in [0, 1, 2, 4, 5, 6] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let text = table.to_string();
        for line in text.lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        write!(f, "{}", self.sentence())?;
        if let Some((width, regret)) = self.worst_regret() {
            write!(
                f,
                " Regret of 2^{:.2}: at most {regret:.4} ({} {width}); seeds differ by {:.4}.",
                self.transferred(),
                self.runs().grows,
                self.seed_noise()
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\n{}\n\n{}: {}", self.subject, self.control, self.answer(), self.sentence())
    }
}

fn cells(landscape: &Landscape) -> [String; 9] {
    let unbracketed = if landscape.unbracketed().is_some() { " edge" } else { "" };
    let flat = if landscape.flat { " flat" } else { "" };
    let curve: Vec<f64> = landscape.curve.iter().map(|point| point.loss.unwrap_or(f64::NAN)).collect();
    [
        landscape.width.to_string(),
        landscape.estimates.len().to_string(),
        format!("{:+.2}", landscape.optimum.value),
        format!("{}{unbracketed}{flat}", interval(landscape.optimum, 2)),
        format!("{:.4}", landscape.loss.value),
        format!("{:.4}", landscape.seed_variance().sqrt()),
        landscape.regret.map_or("–".to_owned(), |regret| format!("{:.4}", regret.value)),
        landscape.regret.map_or("outside the grid".to_owned(), |regret| interval(regret, 4)),
        sparkline::over_own_range(&curve),
    ]
}

pub(crate) fn interval(Interval { low, high, .. }: Interval, digits: usize) -> String {
    if low.is_finite() && high.is_finite() { format!("[{low:+.digits$}, {high:+.digits$}]") } else { "–".to_owned() }
}
