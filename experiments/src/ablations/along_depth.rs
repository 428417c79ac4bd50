//! The ablations of depth: data, as in `list.rs`. Blocks are added and width stays.

use mup_rules::{Amended, Amendment, Form, Parametrization, Power, Variable, WeightDecay};
use mup_shapes::Place;
use mup_verdict::coordinates::{Quantity, Verdict};

use super::{
    Ablation,
    list::{seen, unscaled_epsilon, unseen},
};
use crate::{
    choices::{Model, Optimizer, Scaling},
    setup::{DEPTH, Setup},
};

use Optimizer::{Adam, Adamw};
use Scaling::Heads;

/// Numbers of blocks; the smallest is the base.
const DEPTHS: [usize; 4] = [1, 2, 4, 8];

/// As large as the gradient's entries of the base model.
const LARGE_EPSILON: f64 = 1e-3;

const TRAINED_ALIKE: &str =
    "`each_factor_of_the_plain_form_is_seen_when_it_is_left_out` of mup-rules: equal functions stop being equal";

const GRADIENTS: &str = "`gradients_shrink_with_depth_as_the_table_says` and `each_factor_of_the_plain_form_is_seen_when_it_is_left_out` of \
     mup-rules; at this ε the check cannot";

/// Every ablation along depth, in the order of the document.
pub(crate) const ALONG_DEPTH: &[Ablation] = &[
    Ablation {
        name: "init of closing maps, plain form",
        source: "derived from TP-VI Table 1: σ·m_L^−α",
        removal: "σ at every depth",
        on: (Model::BurnTransformer, Heads, Adam),
        prepared: COMPLETE_P,
        prepare: complete_p,
        remove: |setup| without(setup, Place::Closing, Amended::InitStd, Form::Plain),
        claim: seen("branches", Quantity::Value, Verdict::Grows),
    },
    Ablation {
        name: "σ of closing maps is the base's",
        source: "rules of depth scale the base's σ, GPT-2's 1/√(2L) with it",
        removal: "GPT-2's factor of the model's own depth on top",
        on: (Model::BurnTransformer, Heads, Adam),
        prepared: COMPLETE_P,
        prepare: complete_p,
        remove: |setup| {
            let own_depth = Power::of(Variable::DEPTH, -0.5);
            let amendment = Amendment::new(Place::Closing, Amended::InitStd, own_depth, "GPT-2's, of the target");
            let table = setup.parametrization.clone().with_amendment(amendment);
            setup.with_parametrization(table)
        },
        claim: seen("branches", Quantity::Value, Verdict::Vanishes),
    },
    Ablation {
        name: "rate of closing maps, plain form",
        source: "derived from TP-VI Table 1: η/m_L at every α",
        removal: "η at every depth",
        on: (Model::BurnTransformer, Heads, Adam),
        prepared: COMPLETE_P,
        prepare: complete_p,
        remove: |setup| without(setup, Place::Closing, Amended::Adam, Form::Plain),
        claim: seen("stream", Quantity::Change, Verdict::Grows),
    },
    Ablation {
        name: "decay of closing maps keeps rate·λ, AdamW, λ = 0.1",
        source: "Lemma J.1: λ·m_L in the plain form",
        removal: "keeps λ",
        on: (Model::BurnTransformer, Heads, Adamw),
        prepared: COMPLETE_P,
        prepare: complete_p,
        remove: |setup| {
            let table = setup.parametrization.clone().with_weight_decay(WeightDecay::KeepLambda);
            setup.with_parametrization(table)
        },
        claim: unseen(TRAINED_ALIKE),
    },
    Ablation {
        name: "rate inside of branches",
        source: "TP-VI Table 1: η·m_L^(α−1)",
        removal: "η at every depth",
        on: (Model::BurnTransformer, Heads, Adam),
        prepared: "1 to 8 blocks, α = ½",
        prepare: |setup| deep(setup, Parametrization::depth_mup()),
        remove: |setup| without(setup, Place::Inside, Amended::Adam, Form::Plain),
        claim: seen("stream", Quantity::Change, Verdict::Grows),
    },
    Ablation {
        name: "factor of branches, multiplier form",
        source: "TP-VI Table 1, CompleteP Table 1: m_L^−α",
        removal: "1 at every depth",
        on: (Model::Gpt, Heads, Adam),
        prepared: MULTIPLIED,
        prepare: multiplied,
        remove: |setup| without(setup, Place::Closing, Amended::Multiplier, Form::Multiplier),
        claim: seen("branches", Quantity::Value, Verdict::Grows),
    },
    Ablation {
        name: "rate of closing maps, multiplier form",
        source: "TP-VI Table 1: η·m_L^(α−1)",
        removal: "η at every depth",
        on: (Model::Gpt, Heads, Adam),
        prepared: "1 to 8 blocks, layers multiply their branches, α = ½",
        prepare: |setup| Setup { branch_factors: true, ..deep(setup, Parametrization::depth_mup()) },
        remove: |setup| without(setup, Place::Closing, Amended::Adam, Form::Multiplier),
        claim: seen("stream", Quantity::Change, Verdict::Grows),
    },
    Ablation {
        name: "ε inside of branches, ε = 1e-8",
        source: "TP-VI, CompleteP Table 1: ε·m_L^−α",
        removal: "ε at every depth",
        on: (Model::Gpt, Heads, Adam),
        prepared: MULTIPLIED,
        prepare: multiplied,
        remove: |setup| without(setup, Place::Inside, Amended::Gradient, Form::Multiplier),
        claim: unseen(GRADIENTS),
    },
    Ablation {
        name: "ε of closing maps, multiplier form, ε = 1e-8",
        source: "CompleteP Table 1: ε·m_L^−α",
        removal: "ε at every depth",
        on: (Model::Gpt, Heads, Adam),
        prepared: MULTIPLIED,
        prepare: multiplied,
        remove: |setup| without(setup, Place::Closing, Amended::Gradient, Form::Multiplier),
        claim: unseen(GRADIENTS),
    },
    Ablation {
        name: "ε of blocks follows the gradient, ε = 1e-3",
        source: "CompleteP Table 1: ε·m_L^−α",
        removal: "ε at every depth",
        on: (Model::Gpt, Heads, Adam),
        prepared: "1 to 8 blocks, layers multiply their branches, α = 1, large ε",
        prepare: |setup| Setup { epsilon: LARGE_EPSILON, ..multiplied(setup) },
        remove: unscaled_epsilon,
        claim: seen("stream", Quantity::Change, Verdict::Vanishes),
    },
];

const COMPLETE_P: &str = "1 to 8 blocks, α = 1";
const MULTIPLIED: &str = "1 to 8 blocks, layers multiply their branches, α = 1";

fn deep(setup: Setup, parametrization: Parametrization) -> Setup {
    Setup { grows: DEPTH, widths: DEPTHS.to_vec(), parametrization, ..setup }
}

fn complete_p(setup: Setup) -> Setup {
    deep(setup, Parametrization::complete_p())
}

fn multiplied(setup: Setup) -> Setup {
    Setup { branch_factors: true, ..complete_p(setup) }
}

/// Without what the table says of one quantity in one place and form of the branch.
fn without(mut setup: Setup, place: Place, quantity: Amended, form: Form) -> Setup {
    setup.parametrization.amendments.retain(|amendment| {
        let there = amendment.tensors == place.into() && amendment.quantity == quantity;
        !(there && amendment.branch.is_none_or(|branch| branch == form))
    });
    setup
}
