//! The matrix rule × module as a document.

use std::fmt::Write;

use mup_verdict::coordinates::{Quantity, Report, Summary, Verdict};

use super::{ABLATIONS, Ablation, Claim, Group};
use crate::setup::{SEEDS, STEPS, WIDTHS};

/// The whole document.
pub(crate) fn document(groups: &[Group]) -> String {
    let mut text = include_str!("introduction.md")
        .replace("{widths}", &WIDTHS.map(|width| width.to_string()).join(", "))
        .replace("{seeds}", &SEEDS.to_string())
        .replace("{steps}", &STEPS.to_string());
    text.push_str("\n## What each rule's removal shows\n\n");
    text.push_str(&claims());
    text.push_str("\n## Slopes\n");
    groups.iter().for_each(|group| text.push_str(&matrix(group)));
    text
}

/// The table of claims, which is the code's own; the tests and `cargo xtask coord-check --ablate` hold it against runs.
pub(crate) fn claims() -> String {
    let mut text =
        "| rule | source | instead | on | the coordinate check | who sees it |\n|---|---|---|---|---|---|\n".to_owned();
    for Ablation { name, source, removal, on: (model, scaling, optimizer), claim, .. } in ABLATIONS {
        let (verdict, by) = match claim {
            Claim::Seen { module, quantity, verdict } => {
                ("**fails**", format!("`{}` of `{module}` {verdict}", symbol(*quantity)))
            }
            Claim::Unseen { by } => ("holds", (*by).to_owned()),
        };
        let _ =
            writeln!(text, "| {name} | {source} | {removal} | {model}, {scaling}, {optimizer} | {verdict} | {by} |");
    }
    text
}

fn symbol(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Value => "x₀",
        Quantity::Change => "Δx",
    }
}

/// One table: the control and what was removed from it, by module; the first block stands for all.
fn matrix(group: &Group) -> String {
    let modules: Vec<&str> = modules(&group.control);
    let setup = &group.setup;
    let mut text = format!(
        "\n### {}, {}, {}\n\nLearning rate {}, ε {}.\n\n| removed |",
        setup.model, setup.scaling, setup.optimizer, setup.learning_rate, setup.epsilon
    );
    modules.iter().for_each(|module| text.push_str(&format!(" {} |", short(module))));
    text.push_str(&format!("\n|---{}|\n", "|---".repeat(modules.len())));
    let rows = group.ablations.iter().map(|(ablation, report)| (ablation.name, report));
    for (name, report) in std::iter::once(("nothing", &group.control)).chain(rows) {
        let cells: Vec<String> = modules.iter().map(|module| cell(report, module)).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text
}

fn modules(report: &Report) -> Vec<&str> {
    let modules = report.summaries().iter().map(|row| row.module.as_str());
    let mut modules: Vec<&str> = modules.filter(|module| !is_later_block(module)).collect();
    modules.dedup();
    modules
}

fn is_later_block(module: &str) -> bool {
    let index = |prefix: &str| module.strip_prefix(prefix).and_then(|rest| rest.split('.').next());
    ["blocks.", "layers."].into_iter().filter_map(index).any(|index| index != "0")
}

fn short(module: &str) -> String {
    let inner = module.strip_prefix("blocks.0.").or_else(|| module.strip_prefix("layers.0.")).unwrap_or(module);
    inner.replace("feed_forward", "ffn").replace("attention.", "").replace('_', " ")
}

/// Blank where both the initialization and the change are flat.
fn cell(report: &Report, module: &str) -> String {
    let rows = report.summaries().iter().filter(|row| row.module == module);
    rows.filter_map(part).collect::<Vec<_>>().join("<br>")
}

fn part(row: &Summary) -> Option<String> {
    let slope = row.slope.map_or(String::new(), |slope| format!(" {:+.2}", slope.value));
    match (row.quantity, row.verdict) {
        (_, Verdict::Flat) | (Quantity::Value, Verdict::Zero) => None,
        (quantity, verdict) => Some(format!("{}{slope} {verdict}", symbol(quantity))),
    }
}
