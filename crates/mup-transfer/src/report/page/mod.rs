//! The page: self-contained, figures inline, nothing fetched, no script.

mod choice;
mod cost;
mod target;
mod trials;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Report;

const STYLE: &str = include_str!("style.css");

/// The page with its figures, by name.
pub(super) fn page(report: &Report, svgs: &[(&str, String)]) -> Markup {
    let numbers = &report.numbers;
    let shown = |name: &str| figure(name, svgs);
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
                (choice::warnings(&numbers.choice, numbers.transfer.as_ref()))
                (choice::section(&numbers.choice))
                (shown("loss-vs-hyperparameters"))
                (shown("importance"))
                (choice::runners_up(&numbers.choice))
                @if !numbers.runs.is_empty() { (target::section(numbers, &shown("target-training"))) }
                @for (name, runs) in &report.other_targets { p.note { "Also trained, targets/" (name) ": " (runs.join("; ")) } }
                @if let Some(transfer) = &numbers.transfer { (target::transfer(transfer)) }
                @if !numbers.rate_curves.is_empty() {
                    (target::rates(&numbers.rate_curves, &numbers.grows, &shown("loss-vs-learning-rate")))
                }
                (cost::section(report))
                (target::samples(&numbers.runs))
                (trials::section(numbers))
                (reproduce(report))
            }
        }
    }
}

fn figure(name: &str, svgs: &[(&str, String)]) -> Markup {
    let caption = match name {
        "loss-vs-hyperparameters" => {
            "Training loss of every trial against each hyperparameter (TP-V, Figure 14), with the hyperparameter's share \
             of the variance. Shaded: values as good as the best. Crosses: diverged."
        }
        "importance" => {
            "Importance by fANOVA; the line is one standard error, by the jackknife over groups of samples."
        }
        "target-training" => "Training loss of the target and its controls, smoothed over a twenty-fifth of the run.",
        _ => "Training loss against learning rate at each size; rings: optima.",
    };
    html! {
        @if let Some((name, svg)) = svgs.iter().find(|(known, _)| *known == name) {
            figure id=(name) { (PreEscaped(svg)) figcaption { (caption) } }
        }
    }
}

fn reproduce(report: &Report) -> Markup {
    let (study, circumstances) = (&report.numbers.study, &report.circumstances);
    let seeds: Vec<String> = study.seeds.iter().map(u64::to_string).collect();
    html! {
        h2 { "Reproduce" }
        pre { (circumstances.command) }
        div.scroll { table {
            tr { td { "commit" } td.name { (circumstances.commit.as_deref().unwrap_or("unknown")) } }
            tr { td { "seed of the search" } td { (study.seed) } }
            tr { td { "seeds of the runs" } td { (seeds.join(", ")) } }
            @for (name, value) in &circumstances.environment { tr { td { (name) } td.name { (value) } } }
        } }
        details { summary { "study.toml" } pre { (study.to_toml()) } }
        @for (name, plan) in &report.plans { details { summary { "Plan: " (name) } pre { (plan) } } }
    }
}
