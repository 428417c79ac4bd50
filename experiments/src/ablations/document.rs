//! The matrix rule × module as a document.

use std::{collections::BTreeSet, fmt::Write};

use mup_verdict::coordinates::{Quantity, Report, Summary, Verdict};

use super::{Ablation, Claim, Group, all};
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
    for Ablation { name, source, removal, on: (model, scaling, optimizer), claim, .. } in all() {
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

/// One table: the control and what was removed from it, by module; blocks share a column.
fn matrix(group: &Group) -> String {
    let mut modules: Vec<String> = group.control.summaries().iter().map(|row| of_any_block(&row.module)).collect();
    let mut seen = BTreeSet::new();
    modules.retain(|module| seen.insert(module.clone()));
    let setup = &group.setup;
    let prepared = group.ablations.first().map_or("", |(ablation, _)| ablation.prepared);
    let mut text = format!(
        "\n### {}, {}, {}{}{prepared}\n\nLearning rate {:.3}, ε {:e}.\n\n| removed | {} |\n|---{}|\n",
        setup.model,
        setup.scaling,
        setup.optimizer,
        if prepared.is_empty() { "" } else { ", " },
        setup.learning_rate,
        setup.epsilon,
        modules.iter().map(|module| short(module)).collect::<Vec<_>>().join(" | "),
        "|---".repeat(modules.len())
    );
    let rows = group.ablations.iter().map(|(ablation, report)| (ablation.name, report));
    for (name, report) in std::iter::once(("nothing", &group.control)).chain(rows) {
        let cells: Vec<String> = modules.iter().map(|module| cell(report, module)).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text
}

/// The name without the number of its block.
fn of_any_block(module: &str) -> String {
    let parts = module.split('.');
    let is_index = |part: &&str| part.parse::<usize>().is_ok();
    match parts.clone().next() {
        Some("blocks" | "layers") => parts.filter(|part| !is_index(part)).collect::<Vec<_>>().join("."),
        _ => module.to_owned(),
    }
}

fn short(module: &str) -> String {
    let inner = ["blocks.", "layers."].into_iter().find_map(|prefix| module.strip_prefix(prefix)).unwrap_or(module);
    inner.replace("feed_forward", "ffn").replace('_', " ")
}

/// The worst block; blank where both the initialization and the change are flat.
fn cell(report: &Report, module: &str) -> String {
    let part = |quantity| {
        let rows = report.summaries().iter().filter(|row| row.quantity == quantity);
        let worst = rows.filter(|row| of_any_block(&row.module) == module).max_by_key(|row| row.verdict)?;
        part(worst)
    };
    [Quantity::Value, Quantity::Change].into_iter().filter_map(part).collect::<Vec<_>>().join("<br>")
}

fn part(row: &Summary) -> Option<String> {
    let slope = row.slope.map_or(String::new(), |slope| format!(" {:+.2}", slope.value));
    match (row.quantity, row.verdict) {
        (_, Verdict::Flat) | (Quantity::Value, Verdict::Zero) => None,
        (quantity, verdict) => Some(format!("{}{slope} {verdict}", symbol(quantity))),
    }
}
