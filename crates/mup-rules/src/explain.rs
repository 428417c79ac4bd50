//! The plan as an aligned table, in full and in short, and one row in words.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};
use mup_shapes::Dim;

use crate::{Doubt, Factor, Form, PlanRow, ScalingPlan};

const LEGEND: &str = "m_in, m_out: this tensor's fan-in and fan-out over the base model's. A: forward multiplier. \
                      Init std, rate, decay and ε: times the base model's.";

pub(crate) const HEADER: [&str; 9] = ["parameter", "shape", "role", "form", "A", "init std", "rate", "decay", "ε"];

impl fmt::Display for ScalingPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_table(f, self, &HEADER, self.rows().iter().map(|row| cells(row, row.path.clone())))
    }
}

/// Header line, rows, warnings.
pub(crate) fn write_table<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    plan: &ScalingPlan,
    header: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> fmt::Result {
    let table = plan.parametrization();
    let (name, optimizer, n_rows) = (&table.name, plan.optimizer(), plan.rows().len());
    writeln!(f, "{name} · {optimizer} · decay {} · ε {} · {n_rows} rows", table.weight_decay, table.epsilon)?;
    writeln!(f, "{LEGEND}\n")?;
    let mut printed = Table::new();
    printed.load_style(presets::NOTHING).set_header(header.iter().copied());
    rows.for_each(|row| {
        printed.add_row(row);
    });
    for column in printed.column_iter_mut() {
        column.set_padding((0, 2)).set_cell_alignment(CellAlignment::Left);
    }
    for line in printed.lines() {
        writeln!(f, "{}", line.trim_end())?;
    }
    plan.warnings().iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))?;
    plan.notes().iter().try_for_each(|note| writeln!(f, "note: {note}"))
}

pub(crate) fn cells(row: &PlanRow, parameter: String) -> [String; 9] {
    let trained = |factor: &Factor| if row.kind.is_trained() { factor.to_string() } else { "–".to_owned() };
    [
        parameter,
        shape(row),
        role(row),
        form(row).to_owned(),
        row.multiplier.to_string(),
        trained(&row.init_std),
        trained(&row.learning_rate),
        trained(&row.weight_decay),
        trained(&row.epsilon),
    ]
}

fn role(row: &PlanRow) -> String {
    match row.kind.is_trained() {
        true if row.has(Doubt::ReadoutOrInner) => format!("{}?", row.role),
        true => row.role.to_string(),
        false => "const".to_owned(),
    }
}

/// Short, so that the table of a GPT fits 160 columns.
fn form(row: &PlanRow) -> &'static str {
    match row.form {
        _ if !row.kind.is_trained() => "–",
        Form::Plain => "plain",
        Form::Multiplier => "mult",
        Form::TableNine => "tab 9",
    }
}

/// `in 64→256 × out 64→256`; a single axis needs no name.
fn shape(row: &PlanRow) -> String {
    if let [dim] = row.dims.as_slice() {
        return dim.to_string();
    }
    let axis = |(axis, dim): (&mup_shapes::Axis, &Dim)| format!("{axis} {dim}");
    let dims: Vec<String> = row.axes.as_slice().iter().zip(&row.dims).map(axis).collect();
    let mark = if row.has(Doubt::AxesByName) { " *" } else { "" };
    dims.join(" × ") + mark
}

/// `0.25 = 1/m_in`, with four significant digits; `1` where nothing scales.
impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.formula == "1" {
            return f.pad("1");
        }
        f.pad(&format!("{} = {}", four_digits(self.value), self.formula))
    }
}

fn four_digits(value: f64) -> String {
    let magnitude = value.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Every number of the row with its formula, one per line.
impl fmt::Display for PlanRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m_in, m_out) = self.width_mults();
        writeln!(f, "{} ({} {}), {}", self.path, self.layer, self.kind, shape(self))?;
        writeln!(f, "  {} in form {}, m_in = {m_in}, m_out = {m_out}", self.role, self.form)?;
        self.columns().try_for_each(|(column, factor)| writeln!(f, "  {column:<14}{factor}"))
    }
}

#[cfg(test)]
mod tests {
    use super::four_digits;

    #[test]
    fn numbers_print_with_four_digits_and_no_noise() {
        let check = |value: f64, text: &str| assert_eq!(four_digits(value), text);
        check(1.0, "1");
        check(0.25, "0.25");
        check(1.0 / 3.0, "0.3333");
        check(1.0 / 48.0, "0.02083");
        check(48.0, "48");
        check(6.928_203, "6.928");
        check(123_456.0, "123456");
        check(1e-7, "1.000e-7");
    }
}
