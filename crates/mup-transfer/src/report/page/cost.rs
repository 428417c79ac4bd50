//! What it took: by the paper's formula, by counting, by the clock.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::report::{Numbers, Report};
use crate::{Cost, Spent};

pub(super) fn section(report: &Report) -> Markup {
    let Cost { tuning, target, controls } = &report.numbers.cost;
    let cost = &report.numbers.cost;
    let share = |ratio: Option<f64>| ratio.map_or_else(dash, |ratio| format!("{:.1} %", 100.0 * ratio));
    html! {
        h2 { "Cost" }
        p { (report.cost_sentence()) }
        div.scroll { table {
            tr {
                th { "" } th.number { "runs" } th.number { "parameters × tokens" } th.number { "FLOPs, counted" }
                th.number { "seconds" }
            }
            (row("tuning, all trials on the proxy", tuning))
            @if target.runs > 0 {
                (row("target, one run", target))
                tr.best {
                    td { "tuning by target" } td {} td.number { (share(cost.ratio())) }
                    td.number { (share(cost.ratio_in_flops())) } td.number { (share(cost.ratio_in_seconds())) }
                }
            }
            @if controls.runs > 0 { (row("controls, to compare with", controls)) }
            @for (name, spent) in of_controls(report) { (row(&name, spent)) }
        } }
    }
}

/// What tuning took of a control whose values are not the proxy's, once for all its seeds.
fn of_controls(report: &Report) -> impl Iterator<Item = (String, &Spent)> {
    let Numbers { runs, cost, .. } = &report.numbers;
    let tuned = runs.iter().filter_map(|run| Some((run, run.tuning.as_ref()?)));
    let mut told = BTreeSet::new();
    let once = tuned.filter(move |(_, tuning)| tuning.spent != cost.tuning && told.insert(&tuning.by));
    once.map(|(run, tuning)| (format!("tuning: {}", run.label), &tuning.spent))
}

fn row(name: &str, spent: &Spent) -> Markup {
    let number = |number: Option<f64>| number.map_or_else(dash, |number| format!("{number:.3e}"));
    html! {
        tr {
            td { (name) } td.number { (spent.runs) }
            td.number { (number((spent.parameter_tokens > 0.0).then_some(spent.parameter_tokens))) }
            td.number { (number(spent.flops())) }
            td.number { (format!("{:.0}", spent.seconds)) }
        }
    }
}

fn dash() -> String {
    "–".to_owned()
}
