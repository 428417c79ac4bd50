//! Which rule of the table a tensor follows.

use mup_shapes::{Dim, InfShape, InfShapes, Kind, Role};

use crate::{Factor, Form, Parametrization, Power, Ratios, Rule, RuleError, Term};

/// A multiplier is planned as the weight that it multiplies; constants of the forward pass have no role.
pub(crate) fn rule_for(shape: &InfShape, shapes: &InfShapes, table: &Parametrization) -> Result<Rule, RuleError> {
    let weight = (shape.kind == Kind::Multiplier).then(|| weight_beside(shape, shapes)).flatten();
    // microsoft/mup, which requires a readout layer, knows no inner weights.
    let role = match weight.unwrap_or(shape).role() {
        Role::Inner if table.requires_readout => Role::Output,
        role => role,
    };
    let form = table.form(role, shape.multiplied || shape.kind == Kind::Multiplier);
    if matches!(shape.kind, Kind::LogitScale | Kind::BranchFactor) {
        return Ok(Rule::constant(role, Form::Plain));
    }
    if table.requires_readout && role == Role::Output && form == Form::Plain {
        let dims: Vec<String> = shape.dims.iter().map(Dim::to_string).collect();
        let tensors = vec![format!("{} ({}, {})", shape.path, shape.layer, dims.join(" × "))];
        return Err(RuleError::ReadoutRequired { tensors, parametrization: table.name.clone() });
    }
    let missing = || RuleError::NoRule { path: shape.path.clone(), parametrization: table.name.clone(), role, form };
    let rule = table.rule(role, form).cloned().ok_or_else(missing)?;
    if shape.kind == Kind::Multiplier {
        check_multiplied_weight(shape, &rule, weight, table)?;
    }
    Ok(rule)
}

/// The weight that a multiplier multiplies: the one of its layer that contracts a growing axis.
fn weight_beside<'a>(multiplier: &InfShape, shapes: &'a InfShapes) -> Option<&'a InfShape> {
    let owner = |path: &str| path.rsplit_once('.').map_or(String::new(), |(owner, _)| owner.to_owned());
    let contracts = |shape: &InfShape| matches!(shape.role(), Role::Output | Role::Inner | Role::Hidden);
    let layer = owner(&multiplier.path);
    shapes.iter().find(|shape| shape.kind == Kind::Weight && contracts(shape) && owner(&shape.path) == layer)
}

/// The weight beside a multiplier must be planned in the form of the multiplier. If there is none,
/// the weight is an embedding elsewhere (tied), whose constant σ fits the multiplier form alone (TP-V B.1).
fn check_multiplied_weight(
    multiplier: &InfShape,
    rule: &Rule,
    weight: Option<&InfShape>,
    table: &Parametrization,
) -> Result<(), RuleError> {
    let path = multiplier.path.clone();
    let tied_form = table.rule(Role::Output, Form::Multiplier).map_or(Power::ONE, |rule| rule.multiplier.clone());
    match weight {
        Some(weight) if !weight.multiplied => Err(RuleError::NotMultiplied { path: weight.path.clone(), by: path }),
        None if rule.role == Role::Output && rule.multiplier != tied_form => {
            Err(RuleError::TiedForm { path, form: rule.form })
        }
        _ => Ok(()),
    }
}

/// 1/√d_head at base; d_head^−1 (µP) or d_head^−½ (SP) from there on (TP-V Def. 4.1, App. B.1).
pub(crate) fn logit_scale(shape: &InfShape, table: &Parametrization) -> Factor {
    let base: usize = shape.dims.iter().map(|dim| dim.base_size()).product();
    let width_mult: f64 = shape.dims.iter().map(|dim| dim.width_mult()).product();
    let exponent = table.attention_exponent;
    let raised = |number: f64, exponent| Power::fan_in(exponent).value(&Ratios::width(number, 1.0)).unwrap_or(f64::NAN);
    let value = raised(base as f64, -0.5) * raised(width_mult, exponent);
    let formula = match exponent {
        -1.0 => "√d₀/d".to_owned(),
        -0.5 => "1/√d".to_owned(),
        _ => format!("(d/d₀)^{exponent}/√d₀"),
    };
    Factor::new(value, vec![Term::new(formula, "attention logits")])
}
