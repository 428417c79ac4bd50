//! The plan as an aligned table, and one row in words; in short: `folded.rs`.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};
use mup_shapes::Dim;

use crate::factor::{ABSENT, four_digits};
use crate::{DepthRule, Doubt, Form, PlanRow, ScalingPlan};

const LEGEND: &str = "m_in, m_out: this tensor's fan-in and fan-out over the base model's. A: forward multiplier. \
                      Init std, rate, decay and ε: times the base model's.";

impl fmt::Display for ScalingPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_head(f, self)?;
        writeln!(f, "{LEGEND}\n")?;
        write_rows(f, self)?;
        write_tail(f, self)
    }
}

/// The columns; that of optimizers where there are several.
fn header(plan: &ScalingPlan) -> Vec<&'static str> {
    let optimizer = (plan.optimizers().len() > 1).then_some("optimizer");
    let place = scales_depth(plan).then_some("place");
    let names = ["parameter", "shape", "role"].into_iter().chain(place).chain(["form"]).chain(optimizer);
    names.chain(["A", "init std", "rate", "decay", "ε"]).collect()
}

/// What the plan is of: rules, optimizers, the run, depth.
pub(crate) fn write_head(f: &mut fmt::Formatter<'_>, plan: &ScalingPlan) -> fmt::Result {
    let table = plan.parametrization();
    let (name, optimizers, n_rows) = (&table.name, plan.optimizer_names(), plan.rows().len());
    writeln!(f, "{name} · {optimizers} · decay {} · ε {} · {n_rows} rows", table.weight_decay, table.epsilon)?;
    plan.run().map_or(Ok(()), |run| writeln!(f, "{}", run.lines(plan.optimizers()).join("\n")))?;
    plan.streams().iter().try_for_each(|stack| {
        writeln!(f, "depth {}: residual additions on {stack}, m_L = {}", table.depth, four_digits(stack.depth_mult()))
    })
}

/// Wishes, warnings, notes.
pub(crate) fn write_tail(f: &mut fmt::Formatter<'_>, plan: &ScalingPlan) -> fmt::Result {
    plan.overrides().iter().try_for_each(|wish| writeln!(f, "yours: {wish}"))?;
    plan.warnings().iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))?;
    plan.notes().iter().try_for_each(|note| writeln!(f, "note: {note}"))
}

fn write_rows(f: &mut fmt::Formatter<'_>, plan: &ScalingPlan) -> fmt::Result {
    let mut printed = Table::new();
    printed.load_style(presets::NOTHING).set_header(header(plan));
    plan.rows().iter().for_each(|row| {
        printed.add_row(cells(plan, row));
    });
    for column in printed.column_iter_mut() {
        column.set_padding((0, 2)).set_cell_alignment(CellAlignment::Left);
    }
    printed.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
}

fn cells(plan: &ScalingPlan, row: &PlanRow) -> Vec<String> {
    let or_dash = |applies: bool, text: String| if applies { text } else { ABSENT.to_owned() };
    let optimizer = (plan.optimizers().len() > 1).then(|| or_dash(row.is_trained(), row.optimizer.clone()));
    let rate = if row.frozen { "frozen".to_owned() } else { row.learning_rate.to_string() };
    let place = scales_depth(plan).then(|| or_dash(row.kind.is_trained(), place(row)));
    let names = [row.path.clone(), shape(row), role(row)]
        .into_iter()
        .chain(place)
        .chain([form(row).to_owned()])
        .chain(optimizer);
    let numbers = [
        row.multiplier.to_string(),
        or_dash(row.kind.is_trained(), row.init_std.to_string()),
        or_dash(row.kind.is_trained(), rate),
        or_dash(row.is_trained(), row.weight_decay.to_string()),
        or_dash(row.is_trained(), row.epsilon.to_string()),
    ];
    names.chain(numbers).collect()
}

pub(crate) fn role(row: &PlanRow) -> String {
    match row.kind.is_trained() {
        true if row.has(Doubt::ReadoutOrInner) => format!("{}?", row.role),
        true => row.role.to_string(),
        false => "const".to_owned(),
    }
}

pub(crate) fn scales_depth(plan: &ScalingPlan) -> bool {
    plan.parametrization().depth == DepthRule::Scaled
}

pub(crate) fn place(row: &PlanRow) -> String {
    row.place.map_or_else(|| "?".to_owned(), |place| place.to_string())
}

/// Short, so that the table of a GPT fits 160 columns.
pub(crate) fn form(row: &PlanRow) -> &'static str {
    match row.form {
        _ if !row.kind.is_trained() => ABSENT,
        Form::Plain => "plain",
        Form::Multiplier => "mult",
        Form::TableNine => "tab 9",
        Form::UnitScaled => "unit",
    }
}

/// `in 64→256 × out 64→256`; a single axis needs no name.
pub(crate) fn shape(row: &PlanRow) -> String {
    if let [dim] = row.dims.as_slice() {
        return dim.to_string();
    }
    let axis = |(axis, dim): (&mup_shapes::Axis, &Dim)| format!("{axis} {dim}");
    let dims: Vec<String> = row.axes.as_slice().iter().zip(&row.dims).map(axis).collect();
    let mark = if row.has(Doubt::AxesByName) { " *" } else { "" };
    dims.join(" × ") + mark
}

/// Every number of the row with its terms and their reasons, one per line.
impl fmt::Display for PlanRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m_in, m_out) = self.width_mults();
        writeln!(f, "{} ({} {}), {}", self.path, self.layer, self.kind, shape(self))?;
        write!(f, "  {} in form {}, m_in = {m_in}, m_out = {m_out}", self.role, self.form)?;
        self.variables.iter().try_for_each(|(variable, ratio)| write!(f, ", {variable} = {ratio}"))?;
        match (self.is_trained(), self.frozen) {
            (true, _) => writeln!(f, ", trained by {}", self.optimizer)?,
            (false, true) => writeln!(f, ", frozen")?,
            (false, false) => writeln!(f, ", not trained")?,
        }
        self.columns().try_for_each(|(column, factor)| writeln!(f, "  {column:<14}{}", factor.in_words()))
    }
}
