//! The target, its controls, and how its values came about.

use maud::{Markup, html};

use crate::Transfer;
use crate::choice::short;
use crate::report::palette::short_name;
use crate::report::{FinalRun, Numbers, RateCurve};

pub(super) fn section(numbers: &Numbers, figure: &Markup) -> Markup {
    html! {
        h2 { "Target" }
        (figure)
        div.scroll { table {
            tr {
                th { "run" } th { "" } th { "size" } th.number { "parameters" } th.number { "steps" }
                th.number { "tokens" } th.number { "training loss" } th.number { "validation" } th.number { "seconds" }
                th.number { "tuning, in runs of the target" }
            }
            @for run in &numbers.runs { (row(run, numbers.tuning_in_targets(run))) }
        } }
        @for run in &numbers.runs {
            p.note {
                strong { (run.label) } ": " (run.values)
                @if let Some(tuning) = &run.tuning { "; found by " (tuning.by) }
            }
        }
    }
}

fn row(run: &FinalRun, tuning: Option<f64>) -> Markup {
    html! {
        tr {
            td.name { (run.label) } td { (short_name(&run.parametrization)) }
            td { (run.size) } td.number { (run.curve.parameters) }
            td.number { (run.curve.losses.len()) } td.number { (run.curve.tokens) }
            td.number { (run.outcome) }
            td.number { @if let Some(loss) = run.curve.validation { (format!("{loss:.4}")) } @else { "–" } }
            td.number { (format!("{:.0}", run.seconds)) }
            td.number { @if let Some(runs) = tuning { (format!("{runs:.2}")) } @else { "–" } }
        }
    }
}

pub(super) fn transfer(transfer: &Transfer) -> Markup {
    html! {
        h2 { "Transferred values" }
        div.scroll { table {
            tr {
                th { "hyperparameter" } th.number { "proxy" } th.number { "target" } th { "stable across width" }
                th { "in the target" }
            }
            @for row in &transfer.rows {
                tr {
                    td { (row.name) }
                    td.number { (short(&row.proxy)) } td.number { (short(&row.target)) }
                    td { (row.transferable) } td { (row.explanation) }
                }
            }
        } }
        @for line in &transfer.run { p.note { (line) } }
    }
}

pub(super) fn rates(curves: &[RateCurve], grows: &str, figure: &Markup) -> Markup {
    html! {
        h2 { "Best learning rate by " (grows) }
        (figure)
        details {
            summary { "Every point" }
            @for curve in curves { (sweep(curve, grows)) }
        }
    }
}

fn sweep(curve: &RateCurve, grows: &str) -> Markup {
    let best = curve.optimum.map(|optimum| optimum.log2_rate);
    html! {
        h3 { (short_name(&curve.parametrization)) ", " (grows) " " (curve.width) " (" (curve.values) ")" }
        div.scroll { table {
            tr { th.number { "log₂ rate" } th.number { "training loss" } }
            @for point in &curve.points {
                tr.best[best == Some(point.log2_rate)] {
                    td.number { (point.log2_rate) }
                    td.number { @if let Some(loss) = point.loss { (format!("{loss:.4}")) } @else { "diverged" } }
                }
            }
        } }
        @if let Some(optimum) = curve.optimum {
            p {
                "Optimum 2^" (optimum.log2_rate)
                @if let Some(fit) = optimum.fit {
                    (format!("; parabola: 2^{:.2}, loss {:.4}", fit.log2_rate, fit.loss))
                }
                @if !optimum.bracketed() { "; unbracketed: it lies on the edge of the grid" }
                "."
            }
        }
    }
}

pub(super) fn samples(runs: &[FinalRun]) -> Markup {
    html! {
        @if runs.iter().any(|run| run.curve.sample.is_some()) {
            h2 { "Samples" }
            @for run in runs {
                @if let Some(sample) = &run.curve.sample { h3 { (run.label) } pre { (sample) } }
            }
        }
    }
}
