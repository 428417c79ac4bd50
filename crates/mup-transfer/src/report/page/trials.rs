//! Every trial, in a table that opens.

use maud::{Markup, html};

use crate::choice::short;
use crate::report::Numbers;

pub(super) fn section(numbers: &Numbers) -> Markup {
    let names: Vec<&str> = numbers.study.space.varied().map(|(name, _)| name).collect();
    let best = &numbers.choice.best;
    html! {
        h2 { "All trials" }
        details.trials {
            summary { (numbers.trials.len()) " trials, in order of stage, sample and seed" }
            div.scroll { table {
                tr {
                    th.number { "steps" } th.number { "sample" } th.number { "seed" }
                    @for name in &names { th.number { (name) } }
                    th { "training loss" } th.number { "validation" } th.number { "seconds" }
                }
                @for trial in &numbers.trials {
                    tr.best[trial.sample == best.sample && trial.steps == best.steps] {
                        td.number { (trial.steps) } td.number { (trial.sample) } td.number { (trial.seed) }
                        @for name in &names {
                            td.number { (trial.values.get(name).map(short).unwrap_or_default()) }
                        }
                        td { (trial.outcome) }
                        td.number { @if let Some(loss) = trial.validation { (format!("{loss:.4}")) } @else { "–" } }
                        td.number { (format!("{:.1}", trial.seconds)) }
                    }
                }
            } }
        }
    }
}
