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
                p.verdict { (verdict(numbers)) }
                @for svg in svgs { figure style="margin: 1rem 0" { (PreEscaped(svg)) } }
                h2 { "Final runs" }
                (runs_table(&numbers.runs))
                h2 { "Transferred values" }
                (transfer_table(numbers))
                h2 { "Sweeps" }
                @for curve in &numbers.rate_curves { (sweep_table(curve, numbers.smoothed_over)) }
                (cost_section(report))
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

/// One sentence: what was tuned, and what came of it.
fn verdict(numbers: &Numbers) -> String {
    let Some(target) = numbers.runs.first() else { return "No target was trained.".to_owned() };
    let Some(proxy) = numbers.rate_curves.first() else { return "Nothing was tuned.".to_owned() };
    let tuned = format!(
        "Tuned at width {}, trained once at width {} ({:.1}× the parameters)",
        proxy.width, target.trial.width, numbers.parameter_ratio
    );
    let control = numbers.runs.get(1);
    match (target.outcome.loss(), control.map(|run| run.outcome), numbers.advantage) {
        (Some(loss), Some(control), Some(advantage)) => {
            let relation = if advantage > 0.0 { "lower" } else { "higher" };
            format!("{tuned}: training loss {loss:.3}, {:.3} {relation} than {control} in SP.", advantage.abs())
        }
        (Some(loss), Some(control), None) => format!("{tuned}: training loss {loss:.3}; in SP: {control}."),
        (Some(loss), None, _) => format!("{tuned}: training loss {loss:.3}."),
        (None, _, _) => format!("{tuned}: {}.", target.outcome),
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

fn cost_section(report: &Report) -> Markup {
    let cost = &report.circumstances.cost;
    html! {
        h2 { "Cost" }
        p {
            (format!(
                "{} trials on the proxy took {:.1} % of the target's compute by the paper's formula \
                 (parameters × tokens, TP-V App. F.4) and {:.0} % of its seconds ({:.0} s against {:.0} s).",
                cost.tuning.runs,
                100.0 * report.numbers.cost_ratio,
                100.0 * cost.ratio_in_seconds(),
                cost.tuning.seconds,
                cost.target.seconds,
            ))
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
