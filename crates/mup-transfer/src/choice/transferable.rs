//! What is known, by name, of how the optimum of a hyperparameter moves with width.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether the optimum stays where it is when the model grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transferable {
    /// It stays, by theory or by published experiment.
    Yes,
    /// It moves.
    No,
    /// Nobody has published it.
    Unknown,
}

impl fmt::Display for Transferable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        })
    }
}

/// Parts of a name, what is known, and from where.
const KNOWN: [(&[&str], Transferable, &str); 4] = [
    (
        &["dropout", "drop-path", "drop-rate", "stochastic-depth", "weight-decay", "label-smoothing", "regulariz"],
        Transferable::No,
        "a regularizer, of which the right amount depends on model and data size; TP-V Table 1",
    ),
    (
        &["batch-size", "width", "d-model", "n-layer", "depth", "seq-len", "sequence-length"],
        Transferable::No,
        "a scale of the run and no hyperparameter of it, set by what the target can afford; TP-V Table 2",
    ),
    (
        &["learning-rate", "momentum", "beta", "schedule", "warm-up", "warmup"],
        Transferable::Yes,
        "a hyperparameter of the optimization; TP-V Table 1",
    ),
    (
        &["init-scale", "init-std", "sigma", "alpha-", "multiplier", "-mult", "temperature", "-temp"],
        Transferable::Yes,
        "a scale of the initialization or a multiplier; TP-V Table 1",
    ),
];

/// Whether the optimum of a hyperparameter of that name stays where it is when the model is made wider, under µP, and
/// what that rests on.
///
/// ```
/// use mup_transfer::{Transferable, across_width};
///
/// assert_eq!(across_width("learning-rate").0, Transferable::Yes);
/// assert_eq!(across_width("attention_dropout").0, Transferable::No);
/// assert_eq!(across_width("adam-epsilon").0, Transferable::Unknown);
/// ```
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Tables 1 and 2.
#[must_use]
pub fn across_width(name: &str) -> (Transferable, &'static str) {
    let name = spelled(name);
    if matches!(name.as_str(), "lr" | "eta" | "rate") {
        return (Transferable::Yes, KNOWN[2].2);
    }
    let known = KNOWN.iter().find(|(parts, ..)| parts.iter().any(|part| name.contains(part)));
    known.map_or((Transferable::Unknown, "nobody has published how it moves"), |(_, transferable, why)| {
        (*transferable, why)
    })
}

/// As this crate spells names.
pub(super) fn spelled(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mup_study::Space;

    #[test]
    fn the_six_of_gpt_3_are_known_to_transfer() {
        for (name, _) in Space::gpt3().varied() {
            assert_eq!(across_width(name).0, Transferable::Yes, "{name}");
        }
    }

    #[test]
    fn a_weight_decay_is_a_regularizer_however_it_is_spelled() {
        for name in ["weight_decay", "weight-decay", "AdamW.weight_decay"] {
            assert_eq!(across_width(name).0, Transferable::No, "{name}");
        }
    }
}
