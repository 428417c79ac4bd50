//! Whether the optimum of a hyperparameter stays when the model is made wider: as declared, or as known by name.

use std::fmt;

use mup_study::Space;
use serde::{Deserialize, Serialize};

/// Whether the optimum stays where it is when the model grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transferable {
    /// It stays, by theory or by published experiment.
    Yes,
    /// It moves.
    No,
    /// A name that is not known here, of which `study.toml` does not declare it.
    NotDeclared,
}

impl fmt::Display for Transferable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotDeclared => "not declared",
        })
    }
}

const OPTIMIZATION: &str = "a hyperparameter of the optimization; TP-V Table 1";
const SCALE: &str = "a scale of the initialization or a multiplier; TP-V Table 1";
const REGULARIZER: &str = "a regularizer, of which the right amount depends on model and data size; TP-V Table 1";
const SIZE: &str = "a scale of the run and no hyperparameter of it, set by what the target can afford; TP-V Table 1";

const FACTORS: &str = "a factor on the rate of some tensors, tuned on the proxy for embeddings in TP-V Table 6; of the others \
                       `transfer-check --over` asks";

/// Whole names, what is known, and from where.
const KNOWN: [(&[&str], Transferable, &str); 5] = [
    (&["rate-input", "rate-hidden", "rate-output", "rate-vector"], Transferable::Yes, FACTORS),
    (
        &[
            "learning-rate",
            "lr",
            "eta",
            "rate",
            "momentum",
            "beta1",
            "beta2",
            "beta-1",
            "beta-2",
            "adam-beta1",
            "adam-beta2",
            "schedule",
            "lr-schedule",
            "learning-rate-schedule",
            "warmup",
            "warm-up",
            "n-warmup",
            "n-warm-up",
            "warmup-steps",
            "warm-up-steps",
            "warmup-ratio",
            "warmup-fraction",
        ],
        Transferable::Yes,
        OPTIMIZATION,
    ),
    (
        &[
            "init-scale",
            "init-std",
            "sigma",
            "alpha-attention",
            "alpha-output",
            "alpha-embedding",
            "alpha-relative",
            "attention-multiplier",
            "output-multiplier",
            "embedding-multiplier",
            "input-multiplier",
            "attn-mult",
            "output-mult",
            "embed-mult",
            "input-mult",
            "attention-temperature",
            "output-temperature",
        ],
        Transferable::Yes,
        SCALE,
    ),
    (
        &[
            "dropout",
            "attention-dropout",
            "attn-dropout",
            "residual-dropout",
            "resid-dropout",
            "embedding-dropout",
            "embd-dropout",
            "hidden-dropout",
            "drop-path",
            "drop-path-rate",
            "stochastic-depth",
            "weight-decay",
            "wd",
            "label-smoothing",
        ],
        Transferable::No,
        REGULARIZER,
    ),
    (
        &[
            "batch-size",
            "width",
            "d-model",
            "n-embd",
            "hidden-size",
            "depth",
            "n-layer",
            "n-layers",
            "num-layers",
            "seq-len",
            "sequence-length",
            "block-size",
            "context-length",
        ],
        Transferable::No,
        SIZE,
    ),
];

/// Whether the optimum of a hyperparameter of exactly that name stays where it is when the model is made wider, under
/// µP, and what that rests on. Case, `_` and `-` make no other name; a longer one is another name, whatever it
/// contains: nobody knows what `lr_decay` of somebody's program is.
///
/// ```
/// use mup_transfer::{Transferable, across_width};
///
/// assert_eq!(across_width("learning_rate").0, Transferable::Yes);
/// assert_eq!(across_width("attention_dropout").0, Transferable::No);
/// assert_eq!(across_width("alphabet-size").0, Transferable::NotDeclared);
/// ```
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Tables 1 and 2.
#[must_use]
pub fn across_width(name: &str) -> (Transferable, &'static str) {
    let name = spelled(name);
    let known = KNOWN.iter().find(|(names, ..)| names.contains(&name.as_str()));
    known.map_or(
        (Transferable::NotDeclared, "the name is not known here: declare it with `transfers = …` in study.toml"),
        |(_, transferable, why)| (*transferable, why),
    )
}

/// As declared in the space, otherwise by name.
pub(crate) fn of(space: &Space, name: &str) -> (Transferable, String) {
    let (known, why) = across_width(name);
    let Some(declared) = space.declared(name) else { return (known, why.to_owned()) };
    let declared = if declared { Transferable::Yes } else { Transferable::No };
    let reason = match known {
        Transferable::Yes | Transferable::No if known != declared => {
            format!("declared in study.toml, against what is known of the name: {why}")
        }
        _ => "declared in study.toml".to_owned(),
    };
    (declared, reason)
}

/// As this crate spells names.
pub(super) fn spelled(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mup_study::{Dimension, Space};

    #[test]
    fn the_six_of_gpt_3_are_known_to_transfer() {
        for (name, _) in Space::gpt3().varied() {
            assert_eq!(across_width(name).0, Transferable::Yes, "{name}");
        }
    }

    #[test]
    fn a_weight_decay_is_a_regularizer_however_it_is_spelled() {
        for name in ["weight_decay", "weight-decay", "Weight_Decay", "wd"] {
            assert_eq!(across_width(name).0, Transferable::No, "{name}");
        }
    }

    #[test]
    fn a_name_that_contains_a_known_one_is_not_that_one() {
        let strange = [
            "alphabet-size",
            "beta-vae",
            "lr-decay",
            "momentum_dropout",
            "depthwise",
            "bandwidth",
            "AdamW.weight_decay",
            "optimizer.lr",
            "no-dropout",
            "half-width",
            "sigmad",
            "rates",
            "",
            "learning rate",
            "temperature",
        ];
        for name in strange {
            assert_eq!(across_width(name).0, Transferable::NotDeclared, "{name}");
        }
    }

    #[test]
    fn a_declaration_goes_before_the_table_and_says_so() {
        let range = || Dimension::Uniform([0.0, 1.0]);
        let space = Space::default()
            .with_declared("swing", range(), true)
            .with_declared("dropout", range(), true)
            .with_declared("learning-rate", range(), false)
            .with("momentum", range());
        let found = |name| of(&space, name);
        assert_eq!(found("swing"), (Transferable::Yes, "declared in study.toml".to_owned()));
        assert_eq!(found("momentum"), (Transferable::Yes, OPTIMIZATION.to_owned()));
        assert_eq!((found("dropout").0, found("learning-rate").0), (Transferable::Yes, Transferable::No));
        assert!(found("dropout").1.contains("against") && found("dropout").1.contains("regularizer"));
    }
}
