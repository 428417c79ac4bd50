//! The page: self-contained, figures inline, nothing fetched.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::draw::short_name;
use super::{FinalRun, Numbers, RateCurve, Report};

const STYLE: &str = "
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #2d3139; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
.verdict { font-size: 1.15rem; padding: .8rem 1rem; background: #eef5fa; border-left: 4px solid #0072b2; }
svg { width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #dee1e6; vertical-align: top; }
td.number, th.number { text-align: right; }
pre { background: #f6f7f9; padding: .8rem; overflow-x: auto; font-size: .85rem; line-height: 1.35; }
.best td { font-weight: 600; }
summary { cursor: pointer; }
";

pub(super) fn page(report: &Report, svgs: &[String]) -> Markup {
    let numbers = &report.numbers;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (report.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (report.title) }
                p.verdict { (report.verdict()) }
                @for svg in svgs { figure style="margin: 1rem 0" { (PreEscaped(svg)) } }
                h2 { "Final runs" }
                (runs_table(&numbers.runs))
                h2 { "Transferred values" }
                (transfer_table(numbers))
                h2 { "Sweeps" }
                @for curve in &numbers.rate_curves { (sweep_table(curve, numbers.smoothed_over)) }
                h2 { "Cost" }
                p { (report.cost_sentence()) }
                h2 { "Samples" }
                @for run in &numbers.runs {
                    @if let Some(sample) = &run.curve.sample { h3 { (run.label) } pre { (sample) } }
                }
                (circumstances_section(report))
                h2 { "Plans" }
                @for (name, plan) in &report.plans { details { summary { (name) } pre { (plan) } } }
                h2 { "Settings" }
                pre { (serde_json::to_string_pretty(&numbers.settings).unwrap_or_default()) }
            }
        }
    }
}

fn runs_table(runs: &[FinalRun]) -> Markup {
    html! {
        div.scroll { table {
            tr {
                th { "run" } th { "parametrization" } th.number { "width" } th.number { "parameters" }
                th.number { "steps" } th.number { "tokens" } th.number { "training loss" } th.number { "validation loss" }
            }
            @for run in runs {
                tr {
                    td { (run.label) } td { (short_name(&run.trial.parametrization)) }
                    td.number { (run.trial.width) } td.number { (run.curve.parameters) }
                    td.number { (run.curve.losses.len()) } td.number { (run.curve.tokens) }
                    td.number { (run.outcome) }
                    td.number { @if let Some(loss) = run.curve.validation { (format!("{loss:.4}")) } @else { "–" } }
                }
            }
        } }
    }
}

fn transfer_table(numbers: &Numbers) -> Markup {
    html! {
        div.scroll { table {
            tr {
                th { "hyperparameter" } th.number { "proxy" } th.number { "target" } th { "stable across width" }
                th { "in the target" }
            }
            @for row in &numbers.transfer.rows {
                tr {
                    td { (row.hyperparameter) } td.number { (row.proxy) } td.number { (row.target) }
                    td { (row.transferable) } td { (row.explanation) }
                }
            }
        } }
    }
}

fn sweep_table(curve: &RateCurve, smoothed_over: usize) -> Markup {
    let best = curve.optimum.map(|optimum| optimum.log2_rate);
    html! {
        h3 { (short_name(&curve.parametrization)) ", width " (curve.width) " (" (curve.values) ")" }
        div.scroll { table {
            tr { th.number { "log₂ rate" } th.number { "training loss, last " (smoothed_over) " steps" } }
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

fn circumstances_section(report: &Report) -> Markup {
    html! {
        h2 { "Reproduce" }
        pre { (report.circumstances.command) }
        table {
            tr { td { "seed" } td { (report.numbers.seed) } }
            @for (name, value) in &report.circumstances.environment { tr { td { (name) } td { (value) } } }
        }
    }
}
