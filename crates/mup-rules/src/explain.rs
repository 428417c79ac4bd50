//! The plan as an aligned table.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};
use mup_shapes::Dim;

use crate::{Factor, PlanRow, ScalingPlan};

const HEADER: [&str; 11] =
    ["parameter", "layer", "shape", "axes", "role", "form", "multiplier", "init std", "rate", "decay", "epsilon"];

impl fmt::Display for ScalingPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = &self.parametrization();
        writeln!(
            f,
            "parametrization {} · {} · weight decay {:?} · epsilon {:?}",
            table.name,
            self.optimizer(),
            table.weight_decay,
            table.epsilon
        )?;
        let mut rows = Table::new();
        rows.load_style(presets::NOTHING).set_header(HEADER);
        for row in self.rows() {
            rows.add_row(cells(row));
        }
        if let Some(column) = rows.column_mut(0) {
            column.set_cell_alignment(CellAlignment::Left);
        }
        writeln!(f, "{rows}")?;
        self.warnings().iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}

fn cells(row: &PlanRow) -> [String; 11] {
    let dims: Vec<String> = row.dims.iter().map(Dim::to_string).collect();
    let trained = |factor: &Factor| if row.kind.is_trained() { show(factor) } else { "–".to_owned() };
    [
        row.path.clone(),
        row.layer.clone(),
        format!("[{}]", dims.join(", ")),
        row.axes.to_string(),
        if row.kind.is_trained() { row.role.to_string() } else { row.kind.to_string() },
        row.form.to_string(),
        show(&row.multiplier),
        trained(&row.init_std),
        trained(&row.learning_rate),
        trained(&row.weight_decay),
        trained(&row.epsilon),
    ]
}

fn show(factor: &Factor) -> String {
    if factor.formula == "1" { "1".to_owned() } else { format!("{:.4} = {}", factor.value, factor.formula) }
}
