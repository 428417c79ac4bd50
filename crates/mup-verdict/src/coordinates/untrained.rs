//! What was not trained is never right: a check whose activations do not move says nothing about learning rates.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Quantity, Source, Summary, Verdict};

/// Why the records say nothing about training; such a check is undecided at best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Untrained {
    /// No change Δx_t = x_t − x_0 is among the rows that decide: x_t alone, or initialization alone.
    NoChange,
    /// Changes were recorded, and every one is exactly zero; or every parameter's is, whatever activations do.
    Nothing,
}

impl Untrained {
    pub(crate) fn of(summaries: &[Summary]) -> Option<Self> {
        if unchanged(summaries).contains(&Source::Parameter) {
            return Some(Self::Nothing);
        }
        let decides = |summary: &&Summary| summary.source.decides() && summary.verdict != Verdict::NoClaim;
        let verdicts: Vec<Verdict> = changes(summaries).filter(decides).map(|summary| summary.verdict).collect();
        match verdicts.iter().all(|verdict| *verdict == Verdict::Zero) {
            true if verdicts.is_empty() => Some(Self::NoChange),
            true => Some(Self::Nothing),
            false => None,
        }
    }
}

impl fmt::Display for Untrained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoChange => {
                "no change x_t − x₀ is among what decides: x_t alone lets a constant x₀ hide a change that vanishes or \
                 grows. Record activations before and after optimizer steps on one fixed batch, and their differences"
            }
            Self::Nothing => {
                "nothing was trained: not one change differs from 0. Is the learning rate 0, is the backward pass \
                 missing or are its gradients not stepped with, is everything frozen, or does the closure drop the model \
                 that `step` returned? (`net = optimizer.step(rate, net.clone(), gradients)`)"
            }
        })
    }
}

/// The sources of which changes were recorded and not one differs from 0.
pub(crate) fn unchanged(summaries: &[Summary]) -> Vec<Source> {
    let of = |source: Source| changes(summaries).filter(move |summary| summary.source == source);
    let still =
        |source: &Source| of(*source).next().is_some() && of(*source).all(|summary| summary.verdict == Verdict::Zero);
    Source::ALL.iter().copied().filter(still).collect()
}

fn changes(summaries: &[Summary]) -> impl Iterator<Item = &Summary> {
    summaries.iter().filter(|summary| summary.quantity == Quantity::Change)
}
