//! What was chosen, why, and what speaks against it.

use maud::{Markup, html};

use crate::{Choice, Chosen, Transfer, Transferable};

/// Of the choice, and of what becomes of it in the target.
pub(super) fn warnings(choice: &Choice, transfer: Option<&Transfer>) -> Markup {
    let of_target = transfer.map(|transfer| transfer.warnings.as_slice()).unwrap_or_default();
    html! {
        @if !choice.warnings.is_empty() || !of_target.is_empty() {
            aside.warnings {
                h2 { "Before you trust it" }
                ul {
                    @for warning in &choice.warnings {
                        li { (sentence(&warning.sentence())) " " span.remedy { (sentence(&warning.remedy())) } }
                    }
                    @for warning in of_target { li { (sentence(warning)) } }
                }
            }
        }
    }
}

/// With a capital and a full stop; what stands between backticks as code.
fn sentence(text: &str) -> Markup {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let text = format!("{first}{}.", letters.as_str());
    html! {
        @for (i, part) in text.split('`').enumerate() {
            @if i % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

pub(super) fn section(choice: &Choice) -> Markup {
    let best = &choice.best;
    html! {
        h2 { "Chosen values" }
        p {
            "Sample " (best.sample) " at " (best.steps) " steps: training loss " (format!("{:.4}", best.loss))
            @if let Some(error) = best.standard_error { (format!(" ± {error:.4} (standard error over seeds)")) }
            @if let Some(as_good) = choice.as_good.filter(|count| *count > 1) {
                "; " (as_good) " samples are as good, itself included"
            }
            "."
        }
        div.scroll { table {
            tr { th { "hyperparameter" } th.number { "chosen" } th { "as good" } th { "importance" } th { "transfers across width" } }
            @for chosen in &choice.values { (row(choice, chosen)) }
        } }
        p.note { (choice.noise_sentence()) }
        p.note { (choice.importance_sentence()) }
    }
}

fn row(choice: &Choice, chosen: &Chosen) -> Markup {
    let [name, value, interval, importance, transferable] = choice.row(chosen);
    let share = choice.importance.as_ref().and_then(|importance| importance.share(&chosen.name));
    html! {
        tr {
            td.name { (name) } td.number { (value) } td { (interval) }
            td {
                @if let Some(share) = share { span.bar style=(format!("width:{:.1}em", 5.0 * share.mean.clamp(0.0, 1.0))) {} }
                (importance)
            }
            td.no[chosen.varied && chosen.transferable != Transferable::Yes] title=(chosen.reason) { (transferable) }
        }
    }
}

pub(super) fn runners_up(choice: &Choice) -> Markup {
    let varied: Vec<&str> =
        choice.values.iter().filter(|chosen| chosen.varied).map(|chosen| chosen.name.as_str()).collect();
    let best = &choice.best;
    html! {
        @if !choice.runners_up.is_empty() {
            h3 { "Runners-up" }
            div.scroll { table {
                tr {
                    th.number { "sample" } th.number { "loss" } th.number { "worse by" }
                    @for name in &varied { th.number { (name) } }
                }
                @for (one, first) in std::iter::once((best, true)).chain(choice.runners_up.iter().map(|one| (one, false))) {
                    tr.best[first] {
                        td.number { (one.sample) } td.number { (format!("{:.4}", one.loss)) }
                        td.number { @if first { "–" } @else { (format!("{:.4}", one.loss - best.loss)) } }
                        @for name in &varied {
                            td.number { (one.values.get(name).map(crate::choice::short).unwrap_or_default()) }
                        }
                    }
                }
            } }
        }
        h3 { "Trials" }
        div.scroll { table {
            tr {
                th.number { "stage" } th.number { "steps" } th.number { "finished" } th.number { "diverged" }
                th.number { "failed" } th.number { "missing" }
            }
            @for (stage, counts) in choice.counts.iter().enumerate() {
                tr {
                    @for count in [stage, counts.steps, counts.finished, counts.diverged, counts.failed, counts.missing] {
                        td.number { (count) }
                    }
                }
            }
        } }
    }
}
