//! The page of a check: verdict, rows, what they mean, figure, criteria.

use maud::{Markup, PreEscaped, html};
use mup_shapes::PathPattern;

use super::explain::notes;
use super::table::{cells, circumstances, header, stillness, verdict_line};
use super::{Criteria, Report, Verdict};
use crate::page;

const STYLE: &str = "
body { max-width: 75rem; }
.verdict { font-size: 1.15rem; }
.holds { background: #eef7f0; border-color: #00825a; } .fails { background: #fbeeea; border-color: #c43d00; }
.undecided { background: #faf5e6; border-color: #a87400; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #dee1e6; white-space: nowrap; }
tr.fails td, tr.undecided td { font-weight: 600; }
dt { font-weight: 600; margin-top: .8rem; }
";

pub(super) fn page(report: &Report, title: &str, svg: &str) -> String {
    let body = html! {
        p.{ "verdict " (report.answer()) } { (verdict_line(report)) " · exit code " (report.exit_code()) }
        p { (circumstances(report)) }
        @for line in stillness(report) { p { (line) } }
        (rows(report))
        (explanations(report))
        h2 { "Curves" }
        figure { (PreEscaped(svg)) }
        h2 { "Criteria" }
        (criteria(report.criteria()))
        (damaged(report))
    };
    page::page(title, STYLE, &body)
}

fn rows(report: &Report) -> Markup {
    let class = |verdict: Verdict| match verdict {
        verdict if verdict.is_failure() => "fails",
        Verdict::Undecided => "undecided",
        _ => "other",
    };
    html! {
        div.scroll { table {
            tr { @for name in header(report) { th { (name) } } }
            @for summary in report.summaries() {
                tr.(class(summary.verdict)) { @for cell in cells(summary) { td { (cell) } } }
            }
        } }
    }
}

fn explanations(report: &Report) -> Markup {
    html! {
        @for (i, note) in notes(report).iter().enumerate() {
            @if i == 0 { h2 { "What the rows that are not flat mean" } }
            dl {
                dt { (note.verdict) }
                dd { (note.text) @if !note.rows.is_empty() { ul { @for row in &note.rows { li { (row) } } } } }
            }
        }
    }
}

fn criteria(criteria: &Criteria) -> Markup {
    let Criteria { statistic, tolerance, confidence, transients, unclaimed } = criteria;
    html! {
        ul {
            li { "Statistic " (statistic) ", at initialization, and of the change since then." }
            li {
                "Flat within ±" (tolerance) ": exponents of width and depth come in halves, and a slope counts as the nearest one "
                "if its interval excludes the next. Within the tolerance, the interval must not reach ±"
                (2.0 * tolerance) "; beyond it, not 0. Otherwise the row is undecided."
            }
            li { (confidence * 100.0) " % intervals of Student's t; over the steps, medians." }
            li {
                "Logits, reported as such by the model, may shrink with width before training (transient)"
                @if !transients.is_empty() { ", and so may these: " (patterns(transients)) }
                "."
            }
            @if !unclaimed.is_empty() {
                li { "About these nothing is claimed; they are reported and do not decide: " (patterns(unclaimed)) "." }
            }
        }
    }
}

fn patterns(patterns: &[PathPattern]) -> Markup {
    html! { @for (i, pattern) in patterns.iter().enumerate() { @if i > 0 { ", " } code { (pattern) } } }
}

fn damaged(report: &Report) -> Markup {
    html! {
        @if !report.records().damaged().is_empty() {
            h2 { "Trials that were run again" }
            ul { @for trial in report.records().damaged() { li { (trial.path.display()) ": " (trial.problem) } } }
        }
    }
}
