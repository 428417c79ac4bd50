//! The maximal update parametrization.

use mup_shapes::Role;

use crate::{Form, Power, Rule};

/// The rows of µP, in all forms.
///
/// | role | form | A | B | C, Adam | C, SGD | gradient |
/// |---|---|---|---|---|---|---|
/// | input, vector | plain | 1 | 1 | 1 | m_out | 1/m_out |
/// | hidden | plain | 1 | 1/√m_in | 1/m_in | m_out/m_in | 1/m_out |
/// | output | plain | 1 | 1/m_in | 1/m_in | 1/m_in | 1 |
/// | inner | plain | 1 | 1/√m_in | 1/m_in | 1/m_in | 1 |
/// | scalar | plain | 1 | 1 | 1 | 1 | 1 |
///
/// Inner is hidden at m_out = 1. A readout may vanish at initialization, where keys and values may not: with
/// 1/m_in they start as Θ(1/√m), and what waits for them learns as slowly (queries have gradients of m^−2). The
/// price is said in docs/rules.md: the first updates before them change them by up to √m.
///
/// The other forms are these, shifted: output and inner by 1/m_in (multiplier form) or 1/√m_in (Table 9), input
/// and vector by √m_out (Table 9).
///
/// The last column is what ε follows, and what the rate of SGD is derived from: an SGD update C·gradient and an Adam
/// update C must be the same function of width, so C(SGD) = C(Adam)/gradient in every row and form. For hidden weights
/// of unequal fans it is the part of the gradient that moves the loss, of spectral norm √(fan_in/fan_out)
/// (arXiv:2310.17813); the part that is noise at init lies up to the square root of their ratio away.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Table 3 (plain), Table 8 (multiplier), Table 9; per-tensor fans:
/// J.2.1; gradients of a width-n layer have coordinates Θ(1/n): App. J.
pub(crate) fn rules() -> Vec<Rule> {
    let input = Rule::constant(Role::Input, Form::Plain).with_gradient(Power::fan_out(-1.0));
    let vector = Rule { role: Role::Vector, ..input.clone() };
    let hidden = Rule::constant(Role::Hidden, Form::Plain)
        .with_init_std(Power::fan_in(-0.5))
        .with_adam(Power::fan_in(-1.0))
        .with_gradient(Power::fan_out(-1.0));
    let output =
        Rule::constant(Role::Output, Form::Plain).with_init_std(Power::fan_in(-1.0)).with_adam(Power::fan_in(-1.0));
    let inner = Rule { role: Role::Inner, init_std: Power::fan_in(-0.5), ..output.clone() };
    let shifted = [
        output.shifted(Form::Multiplier, &Power::fan_in(-1.0)),
        inner.shifted(Form::Multiplier, &Power::fan_in(-1.0)),
        output.shifted(Form::TableNine, &Power::fan_in(-0.5)),
        inner.shifted(Form::TableNine, &Power::fan_in(-0.5)),
        input.shifted(Form::TableNine, &Power::fan_out(0.5)),
        vector.shifted(Form::TableNine, &Power::fan_out(0.5)),
    ];
    let plain = [input, vector, hidden, output, inner, Rule::constant(Role::Scalar, Form::Plain)];
    plain.into_iter().chain(shifted).collect()
}

/// The same with inner tensors as output tensors.
pub(crate) fn inner_as_output() -> Vec<Rule> {
    let table = rules();
    let output = |form| table.iter().find(|rule| rule.role == Role::Output && rule.form == form);
    let read = |rule: &Rule| match (rule.role, output(rule.form)) {
        (Role::Inner, Some(output)) => Rule { role: Role::Inner, ..output.clone() },
        _ => rule.clone(),
    };
    table.iter().map(read).collect()
}
