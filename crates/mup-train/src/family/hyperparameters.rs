//! The hyperparameters of a family by name: those that every family has, and its own.

use std::collections::BTreeMap;

use mup_rules::{RuleError, ScalingPlan};
use mup_shapes::Role;

use super::{Family, FamilyError};

/// The base learning rate at the schedule's peak.
pub const LEARNING_RATE: &str = "learning-rate";
/// The factor on everything that is drawn at random.
pub const INIT_SCALE: &str = "init-scale";

const OF_EVERY_FAMILY: [&str; 2] = [LEARNING_RATE, INIT_SCALE];

/// Factors on the rates of all tensors of a role, beside what is prescribed, as TP-V tunes that of embeddings (Table 6).
/// Routers and keys of fixed heads (`Role::Inner`) have none. A run has those that are asked for: the others are 1, and no record speaks of them.
const RATES: [(&str, Role); 4] = [
    ("rate-input", Role::Input),
    ("rate-hidden", Role::Hidden),
    ("rate-output", Role::Output),
    ("rate-vector", Role::Vector),
];

fn is_rate(name: &str) -> bool {
    RATES.iter().any(|(rate, _)| *rate == name)
}

/// Rate, start, or a factor on the rates of a role.
fn is_of_every_family(hyperparameter: &str) -> bool {
    OF_EVERY_FAMILY.contains(&hyperparameter) || is_rate(hyperparameter)
}

/// Of those that every family has 0 is no value: with such a rate or factor nothing would be trained, with such a start all would
/// start alike.
pub(super) fn check(values: &BTreeMap<String, f64>) -> Result<(), FamilyError> {
    match values.iter().find(|(name, value)| **value == 0.0 && is_of_every_family(name)) {
        Some((name, _)) => Err(format!("`{name}` cannot be 0: nothing would be trained; it has to be positive").into()),
        None => Ok(()),
    }
}

/// The value of one that is not among a run's own: 1 of a rate's factor.
pub(super) fn unasked(name: &str) -> Option<f64> {
    is_rate(name).then_some(1.0)
}

/// The plan with the factors on the rates among these values.
pub(super) fn with_rates(plan: ScalingPlan, values: &BTreeMap<String, f64>) -> Result<ScalingPlan, RuleError> {
    let asked = RATES.iter().filter_map(|(name, role)| Some((*role, *values.get(*name)?)));
    let mut asked = asked.filter(|(_, times)| times.to_bits() != 1.0_f64.to_bits());
    asked.try_fold(plan, |plan, (role, times)| plan.with_rate(role, times))
}

pub(super) fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> FamilyError {
    let known = known.filter(|name| !is_rate(name)).chain(RATES.map(|(name, _)| name));
    format!("unknown hyperparameter `{name}`; there are {}", known.collect::<Vec<_>>().join(", ")).into()
}

/// All of them with the values that the family has now.
pub(super) fn values<F: Family>(family: &F) -> BTreeMap<String, f64> {
    let mut family = family.clone();
    let rate = family.training().learning_rate;
    let own = family.hyperparameters().into_iter().map(|(name, value)| (name.to_owned(), *value));
    own.chain([(LEARNING_RATE.to_owned(), rate), (INIT_SCALE.to_owned(), 1.0)]).collect()
}

/// The family with these values of its own hyperparameters.
pub(super) fn with_values<F: Family>(family: &F, values: &BTreeMap<String, f64>) -> Result<F, FamilyError> {
    check(values)?;
    let mut family = family.clone();
    let mut own = family.hyperparameters();
    if let Some((name, _)) = own.iter().find(|(name, _)| is_of_every_family(name)) {
        return Err(format!("every family has a hyperparameter `{name}`; call the family's own otherwise").into());
    }
    for (name, value) in values.iter().filter(|(name, _)| !is_of_every_family(name)) {
        let Some((_, field)) = own.iter_mut().find(|(known, _)| known == name) else {
            return Err(unknown(name, own.iter().map(|(name, _)| *name).chain(OF_EVERY_FAMILY)));
        };
        **field = *value;
    }
    drop(own);
    Ok(family)
}
