//! The ablations: data. Each removes one rule of µP, and claims what the coordinate check then shows.

use mup_init::{Distribution, Nonlinearity};
use mup_models::GptConfig;
use mup_rules::{EpsilonRule, Form, L2Rule, Power, Rule, Update, WeightDecay};
use mup_shapes::{Axes, Axis, Kind, ParamSpec, Role};
use mup_verdict::coordinates::{Quantity, Verdict};

use super::{Ablation, Claim};
use crate::{
    choices::{Model, Optimizer, Scaling},
    setup::Setup,
};

use Optimizer::{Adam, Adamw, Sgd};
use Quantity::{Change, Value};
use Scaling::{DHead, Heads};
use Verdict::{Grows, Vanishes};

const FORMS: &str = "`forms_train_alike` of mup-rules: equal functions stop being equal";
const THREE_FORMS: &str =
    "`golden/tests/three_forms` and `forms_train_alike` of mup-rules: equal functions stop being equal";
const DECAY: &str = "`golden/tests/three_forms`, `forms_train_alike` of mup-rules, `weight_decay` of mup-optim; how λ transfers is for a \
     transfer check over weight decay";

const SP_READOUT: &str = "`every_form_is_a_shift_of_the_plain_one` of mup-rules, no verdict: logits of constant size at the start \
     are not wrong in themselves, and what they do to the change is hidden at these widths";

const INNER: &str = "`keys_and_values_that_are_read_as_readouts_are_seen` and \
     `a_rate_of_keys_and_values_that_ignores_width_is_seen` of mup-verdict, on multi-query attention; this model has no \
     inner weights";

/// Every ablation, in the order of the document.
pub(crate) const ABLATIONS: &[Ablation] = &[
    Ablation {
        name: "init of hidden weights",
        source: "TP-V Table 3: σ/√m_in",
        removal: "σ at every width",
        on: (Model::Mlp, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: |setup| change(setup, Role::Hidden, Form::Plain, |rule| rule.init_std = Power::ONE),
        claim: seen("hidden.0", Value, Grows),
    },
    Ablation {
        name: "rate of hidden weights, Adam",
        source: "TP-V Table 3: η/m_in",
        removal: "η at every width",
        on: (Model::Mlp, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: |setup| change(setup, Role::Hidden, Form::Plain, |rule| rule.adam = Power::ONE),
        claim: seen("hidden.0", Change, Grows),
    },
    Ablation {
        name: "output multiplier",
        source: "TP-V Table 8: 1/m_in",
        removal: "1 at every width",
        on: (Model::Mlp, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: |setup| change(setup, Role::Output, Form::Multiplier, |rule| rule.multiplier = Power::ONE),
        claim: seen("logits", Change, Grows),
    },
    Ablation {
        name: "init of output weights, plain form",
        source: "TP-V Table 3: σ/m_in",
        removal: "σ at every width",
        on: (Model::Mlp, Heads, Adam),
        prepared: "plain readout",
        prepare: plain,
        remove: |setup| change(setup, Role::Output, Form::Plain, |rule| rule.init_std = Power::ONE),
        claim: seen("logits", Value, Grows),
    },
    Ablation {
        name: "init of output weights, plain form, as SP has it",
        source: "TP-V Table 3: σ/m_in",
        removal: "σ/√m_in",
        on: (Model::Mlp, Heads, Adam),
        prepared: "plain readout",
        prepare: plain,
        remove: |setup| change(setup, Role::Output, Form::Plain, |rule| rule.init_std = Power::fan_in(-0.5)),
        claim: unseen(SP_READOUT),
    },
    Ablation {
        name: "rate of output weights, plain form, Adam",
        source: "TP-V Table 3: η/m_in",
        removal: "η at every width",
        on: (Model::Mlp, Heads, Adam),
        prepared: "plain readout",
        prepare: plain,
        remove: |setup| change(setup, Role::Output, Form::Plain, |rule| rule.adam = Power::ONE),
        claim: seen("logits", Change, Grows),
    },
    Ablation {
        name: "rate of output weights, plain form, SGD",
        source: "TP-V Table 3: η/m_in",
        removal: "η at every width",
        on: (Model::Mlp, Heads, Sgd),
        prepared: "plain readout, a tenth of the rate",
        prepare: |setup| Setup { learning_rate: 0.1 * setup.learning_rate, ..plain(setup) },
        remove: |setup| change(setup, Role::Output, Form::Plain, keep_sgd_rate),
        claim: seen("logits", Change, Grows),
    },
    Ablation {
        name: "rate of output weights, multiplier form, SGD",
        source: "TP-V Table 8: η·m_in",
        removal: "η at every width",
        on: (Model::Mlp, Heads, Sgd),
        prepared: "",
        prepare: nothing,
        remove: |setup| change(setup, Role::Output, Form::Multiplier, keep_sgd_rate),
        claim: seen("logits", Change, Vanishes),
    },
    Ablation {
        name: "rate of input weights, SGD",
        source: "TP-V Table 3: η·m_out",
        removal: "η at every width",
        on: (Model::Mlp, Heads, Sgd),
        prepared: "",
        prepare: nothing,
        remove: |setup| change(setup, Role::Input, Form::Plain, keep_sgd_rate),
        claim: seen("input", Change, Vanishes),
    },
    Ablation {
        name: "rate of biases, SGD",
        source: "TP-V Table 3, biases as input weights: η·m_out",
        removal: "η at every width",
        on: (Model::Mlp, Heads, Sgd),
        prepared: "",
        prepare: nothing,
        remove: |setup| change(setup, Role::Vector, Form::Plain, keep_sgd_rate),
        claim: seen("input.bias", Change, Vanishes),
    },
    Ablation {
        name: "init of biases that are not zero",
        source: "TP-V Table 3, biases as input weights: σ",
        removal: "σ/√m_out, the 1/√fan_in of PyTorch's and Burn's layers",
        on: (Model::Mlp, Heads, Sgd),
        prepared: "biases drawn",
        prepare: |setup| Setup { start: setup.start.biases(Distribution::Normal { std: 1.0 }), ..setup },
        remove: |setup| change(setup, Role::Vector, Form::Plain, |rule| rule.init_std = Power::fan_out(-0.5)),
        claim: seen("input.bias", Value, Vanishes),
    },
    Ablation {
        name: "rate of hidden weights, SGD",
        source: "TP-V Table 3, J.2.1: η·m_out/m_in",
        removal: "η at every width",
        on: (Model::Mlp, Heads, Sgd),
        prepared: "",
        prepare: nothing,
        remove: |setup| change(setup, Role::Hidden, Form::Plain, keep_sgd_rate),
        claim: unseen(
            "`golden/tests/prescriptions`, against microsoft/mup, no verdict: where all dimensions grow alike the factor is 1, and \
             where they do not µP itself is not flat under SGD (TP-V J.2.1, footnote 22; the plan warns)",
        ),
    },
    Ablation {
        name: "init of inner weights",
        source: "docs/rules.md, Inner: σ/√m_in",
        removal: "σ/m_in, as readouts have it",
        on: (Model::Mlp, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: |setup| change(setup, Role::Inner, Form::Plain, |rule| rule.init_std = Power::fan_in(-1.0)),
        claim: unseen(INNER),
    },
    Ablation {
        name: "rate of inner weights, Adam and SGD",
        source: "docs/rules.md, Inner: η/m_in",
        removal: "η at every width",
        on: (Model::Mlp, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: |setup| change(setup, Role::Inner, Form::Plain, |rule| rule.adam = Power::ONE),
        claim: unseen(INNER),
    },
    Ablation {
        name: "inner weights in the multiplier form",
        source: "docs/rules.md, Inner, and Lemma J.1",
        removal: "neither multiplied nor scaled",
        on: (Model::Mlp, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: |setup| {
            let constant = |rule: &mut Rule| *rule = Rule::constant(rule.role, rule.form);
            change(setup, Role::Inner, Form::Multiplier, constant)
        },
        claim: unseen("`a_multiplied_inner_weight_is_scaled_once` of mup-rules; this model has no inner weights"),
    },
    Ablation {
        name: "1/d attention",
        source: "TP-V Definition 4.1: logits ∝ 1/d_head",
        removal: "1/√d_head",
        on: (Model::GptAbsolute, DHead, Adam),
        prepared: "",
        prepare: nothing,
        remove: square_root_attention,
        claim: seen("blocks.0.attention.logits", Change, Grows),
    },
    Ablation {
        name: "1/d attention, heads of fixed width",
        source: "TP-V Definition 4.1: logits ∝ 1/d_head",
        removal: "1/√d_head",
        on: (Model::Gpt, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: square_root_attention,
        claim: unseen("nothing to see: the two are the same function; grow d_head (`--scaling d-head`)"),
    },
    Ablation {
        name: "1/d attention absorbed into Burn's query",
        source: "TP-V Definition 4.1 and Lemma J.1",
        removal: "burn-nn's `TransformerEncoder` as it is, 1/√d_head",
        on: (Model::BurnTransformerAbsorbed, DHead, Adam),
        prepared: "",
        prepare: nothing,
        remove: |setup| Setup { model: Model::BurnTransformer, ..setup },
        claim: seen("layers.0.mha.logits", Change, Grows),
    },
    Ablation {
        name: "zero query",
        source: "TP-V D.2, a recommendation",
        removal: "drawn like other hidden weights",
        on: (Model::GptAbsolute, DHead, Adam),
        prepared: "",
        prepare: nothing,
        remove: drawn_query,
        claim: seen("blocks.1.attention.logits", Change, Vanishes),
    },
    Ablation {
        name: "u and v are vectors",
        source: "TP-V Table 3, biases as input weights; rules.md §5",
        removal: "declared with a fan-in, so scaled like a matrix",
        on: (Model::Gpt, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: |setup| {
            let matrix = || ParamSpec::new(Axes::new([Axis::In]), Kind::Weight);
            let setup = declare(setup, "blocks.*.attention.content_bias", matrix());
            let setup = declare(setup, "blocks.*.attention.position_bias", matrix());
            with_std(with_std(setup, "blocks.*.attention.content_bias", 0.02), "blocks.*.attention.position_bias", 0.02)
        },
        claim: seen("blocks.0.attention.bias_content", Change, Vanishes),
    },
    Ablation {
        name: "W_{k,R} is hidden",
        source: "TP-V Table 3; rules.md §5",
        removal: "declared without a fan-in, so neither init nor rate is scaled",
        on: (Model::Gpt, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: |setup| {
            let input = ParamSpec::new(Axes::vector(2), Kind::Weight);
            let std = (setup.base() as f64).sqrt().recip();
            let path = "blocks.*.attention.relative_key.weight";
            with_std(declare(setup, path, input), path, std)
        },
        claim: seen("blocks.0.attention.relative_key", Change, Grows),
    },
    Ablation {
        name: "fan-in is the contracted axis",
        source: "TP-V J.2.1: every tensor by its own fans",
        removal: "fan-in and fan-out of hidden weights swapped",
        on: (Model::MlpUneven, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: swapped,
        claim: seen("hidden.0", Change, Vanishes),
    },
    Ablation {
        name: "fan-in is the contracted axis, all dimensions growing alike",
        source: "TP-V J.2.1: every tensor by its own fans",
        removal: "fan-in and fan-out of hidden weights swapped",
        on: (Model::Mlp, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: swapped,
        claim: unseen("nothing to see: the two ratios are equal; let one dimension grow faster (`--model mlp-uneven`)"),
    },
    Ablation {
        name: "ε follows the gradient, ε = 1e-8",
        source: "TP-V B.3: ε/m",
        removal: "ε at every width",
        on: (Model::Mlp, Heads, Adam),
        prepared: "",
        prepare: nothing,
        remove: unscaled_epsilon,
        claim: unseen(THREE_FORMS),
    },
    Ablation {
        name: "ε follows the gradient, ε = 0.01",
        source: "TP-V B.3: ε/m",
        removal: "ε at every width",
        on: (Model::Mlp, Heads, Adam),
        prepared: "large ε and rate",
        prepare: |setup| Setup { epsilon: LARGE_EPSILON, learning_rate: 10.0 * setup.learning_rate, ..setup },
        remove: unscaled_epsilon,
        claim: seen("input", Change, Vanishes),
    },
    Ablation {
        name: "decay keeps rate·λ, AdamW, λ = 0.1",
        source: "Wang & Aitchison, arXiv:2405.13698; microsoft/mup",
        removal: "keeps λ",
        on: (Model::Mlp, Heads, Adamw),
        prepared: "",
        prepare: nothing,
        remove: keep_lambda,
        claim: unseen(DECAY),
    },
    Ablation {
        name: "coupled L2 follows gradient over weight, Adam, λ = 1e-4",
        source: "Lemma J.1, extended to L2",
        removal: "the same factor as weight decay",
        on: (Model::Mlp, Heads, Adam),
        prepared: "coupled L2",
        prepare: |setup| Setup { l2: 1e-4, ..setup },
        remove: |mut setup| {
            setup.parametrization.l2 = L2Rule::AsWeightDecay;
            setup
        },
        claim: unseen(FORMS),
    },
];

/// SGD's rate at every width; it is derived from Adam's.
fn keep_sgd_rate(rule: &mut Rule) {
    *rule = rule.clone().with_rate(Update::PROPORTIONAL, &Power::ONE);
}

/// As large as the gradient's entries of the base model, which are between 1e-3 and 1e-2.
const LARGE_EPSILON: f64 = 0.01;

pub(super) const fn seen(module: &'static str, quantity: Quantity, verdict: Verdict) -> Claim {
    Claim::Seen { module, quantity, verdict }
}

pub(super) const fn unseen(by: &'static str) -> Claim {
    Claim::Unseen { by }
}

fn nothing(setup: Setup) -> Setup {
    setup
}

/// A stock `Linear` as readout gets the plain form; the readout of these models is one whose multiplier stays 1.
fn plain(setup: Setup) -> Setup {
    let parametrization = setup.parametrization.clone().with_multiplied_form(Form::Plain);
    setup.with_parametrization(parametrization)
}

fn change(mut setup: Setup, role: Role, form: Form, change: fn(&mut Rule)) -> Setup {
    let rules = setup.parametrization.rules.iter_mut();
    rules.filter(|rule| (rule.role, rule.form) == (role, form)).for_each(change);
    setup
}

fn declare(mut setup: Setup, path: &'static str, spec: ParamSpec) -> Setup {
    setup.declarations.push((path, spec));
    setup
}

fn with_std(setup: Setup, path: &str, std: f64) -> Setup {
    Setup { start: setup.start.with(path, Distribution::Normal { std }), ..setup }
}

fn square_root_attention(mut setup: Setup) -> Setup {
    setup.parametrization.attention_exponent = -0.5;
    setup
}

fn swapped(setup: Setup) -> Setup {
    let spec = ParamSpec::new(Axes::new([Axis::Out, Axis::In]), Kind::Weight);
    declare(setup, "hidden.*.weight", spec)
}

fn drawn_query(setup: Setup) -> Setup {
    let drawn = Distribution::kaiming_normal(Nonlinearity::Linear);
    Setup { start: setup.start.with(GptConfig::queries(), drawn), ..setup }
}

pub(super) fn unscaled_epsilon(setup: Setup) -> Setup {
    let parametrization = setup.parametrization.clone().with_epsilon(EpsilonRule::Unscaled);
    setup.with_parametrization(parametrization)
}

fn keep_lambda(setup: Setup) -> Setup {
    let parametrization = setup.parametrization.clone().with_weight_decay(WeightDecay::KeepLambda);
    setup.with_parametrization(parametrization)
}
