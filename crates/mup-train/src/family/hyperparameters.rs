//! The hyperparameters of a family by name: those that every family has, and its own.

use std::collections::BTreeMap;

use super::{Family, FamilyError};

/// The base learning rate at the schedule's peak.
pub const LEARNING_RATE: &str = "learning-rate";
/// The factor on everything that is drawn at random.
pub const INIT_SCALE: &str = "init-scale";

const OF_EVERY_FAMILY: [&str; 2] = [LEARNING_RATE, INIT_SCALE];

pub(super) fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> FamilyError {
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
    let mut family = family.clone();
    let mut own = family.hyperparameters();
    if let Some((name, _)) = own.iter().find(|(name, _)| OF_EVERY_FAMILY.contains(name)) {
        return Err(format!("every family has a hyperparameter `{name}`; call the family's own otherwise").into());
    }
    for (name, value) in values.iter().filter(|(name, _)| !OF_EVERY_FAMILY.contains(&name.as_str())) {
        let Some((_, field)) = own.iter_mut().find(|(known, _)| known == name) else {
            return Err(unknown(name, own.iter().map(|(name, _)| *name).chain(OF_EVERY_FAMILY)));
        };
        **field = *value;
    }
    drop(own);
    Ok(family)
}
