//! The standard parametrization: what a framework does by default.

use mup_shapes::Role;

use crate::{Form, Power, Rule};

/// The rows of SP: variance ∝ 1/fan_in, one learning rate, no multipliers.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Table 3, the entries in parentheses.
pub(crate) fn rules() -> Vec<Rule> {
    let per_fan_in = |role, form| Rule::constant(role, form).with_init_std(Power::fan_in(-0.5));
    vec![
        Rule::constant(Role::Input, Form::Plain),
        Rule::constant(Role::Vector, Form::Plain),
        per_fan_in(Role::Hidden, Form::Plain),
        per_fan_in(Role::Output, Form::Plain),
        per_fan_in(Role::Inner, Form::Plain),
        Rule::constant(Role::Scalar, Form::Plain),
        per_fan_in(Role::Output, Form::Multiplier),
        per_fan_in(Role::Inner, Form::Multiplier),
    ]
}
