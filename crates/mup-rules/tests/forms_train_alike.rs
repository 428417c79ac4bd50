//! The three forms of µP train the same function, with ε, decay and L2 on: a network with hand-written
//! gradients, in `f64`, step by step (TP-V Lemma J.1 and its extension to a real optimizer).

mod tanh_net;

use mup_rules::{EpsilonRule, Form, L2Rule, Parametrization, WeightDecay};
use tanh_net::{Kind, Optimizer, trajectory};

/// Forms differ by rounding alone: 2⁻⁵³ per operation, some 10³ operations deep, over 40 steps of a loss whose
/// curvature times rate stays below one, so that errors add up and do not multiply.
const SAME: f64 = 1e-12;

/// What a scaling that was left out changes in the outputs, which are of size one.
const SEEN: f64 = 1e-3;

const ADAMW: Optimizer = Optimizer { kind: Kind::AdamW, rate: 0.01, epsilon: 1e-3, decay: 0.5, momentum: 0.9 };
const ADAM_L2: Optimizer = Optimizer { kind: Kind::Adam, decay: 0.01, ..ADAMW };
const LAMB: Optimizer = Optimizer { kind: Kind::Lamb, decay: 0.1, ..ADAMW };
const SGD: Optimizer = Optimizer { kind: Kind::Sgd, rate: 0.02, epsilon: 0.0, decay: 0.1, momentum: 0.9 };

/// Largest difference of any output at any step between the plain form and another one.
fn difference(table: &Parametrization, optimizer: Optimizer, form: Form) -> f64 {
    let plain = trajectory(&table.clone().with_multiplied_form(Form::Plain), optimizer);
    let other = trajectory(&table.clone().with_multiplied_form(form), optimizer);
    let pairs = plain.iter().flatten().zip(other.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn the_forms_agree_at_every_step() {
    for optimizer in [ADAMW, ADAM_L2, SGD, LAMB] {
        for form in [Form::Multiplier, Form::TableNine] {
            let difference = difference(&Parametrization::mup(), optimizer, form);
            assert!(difference < SAME, "{form} under {optimizer:?}: {difference:e}");
        }
    }
}

#[test]
fn decay_independent_of_the_peak_rate_agrees_too() {
    let table = Parametrization::mup().with_weight_decay(WeightDecay::Independent);
    for optimizer in [ADAMW, SGD] {
        let difference = difference(&table, optimizer, Form::Multiplier);
        assert!(difference < SAME, "{optimizer:?}: {difference:e}");
    }
}

#[test]
fn an_unscaled_epsilon_is_seen() {
    let table = Parametrization::mup().with_epsilon(EpsilonRule::Unscaled);
    for form in [Form::Multiplier, Form::TableNine] {
        assert!(difference(&table, ADAMW, form) > SEEN, "{form}");
    }
}

#[test]
fn an_unscaled_decay_is_seen() {
    let table = Parametrization::mup().with_weight_decay(WeightDecay::KeepLambda);
    for (optimizer, form) in [ADAMW, SGD].iter().flat_map(|o| [(o, Form::Multiplier), (o, Form::TableNine)]) {
        assert!(difference(&table, *optimizer, form) > SEEN, "{form} under {optimizer:?}");
    }
}

#[test]
fn an_l2_scaled_as_decay_is_seen() {
    let table = Parametrization::mup().with_l2(L2Rule::AsWeightDecay);
    for form in [Form::Multiplier, Form::TableNine] {
        assert!(difference(&table, ADAM_L2, form) > SEEN, "{form}");
    }
}

/// The conventions of the paper are not invariant under the choice of form (docs/rules.md says so).
#[test]
fn the_forms_of_the_literal_paper_differ_once_epsilon_or_decay_matters() {
    assert!(difference(&Parametrization::tensor_programs_v(), ADAMW, Form::Multiplier) > SEEN);
}

/// The network learns, so that agreement is not that of a network that stands still.
#[test]
fn the_network_learns() {
    for optimizer in [ADAMW, ADAM_L2, SGD, LAMB] {
        let outputs = trajectory(&Parametrization::mup(), optimizer);
        let (first, last) = (&outputs[0], &outputs[outputs.len() - 1]);
        let moved = first.iter().zip(last).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!((0.1..10.0).contains(&moved), "{optimizer:?} moved the outputs by {moved}");
    }
}
