//! Which of the values is the learning rate, and how a sample is named by it.

use mup_study::{Space, Values};

use super::transferable::spelled;

const NAMES: [&str; 4] = ["learning-rate", "lr", "rate", "eta"];

/// The first dimension that varies and is a learning rate by its name or by the last part of it: `model.lr`.
pub(super) fn of(space: &Space) -> Option<&str> {
    let is = |name: &&str| {
        let last = name.rsplit('.').next().unwrap_or(name);
        NAMES.contains(&spelled(last).as_str())
    };
    space.varied().map(|(name, _)| name).find(is)
}

/// Its value alone; all values that vary if there is none.
pub(super) fn values(space: &Space, values: &Values) -> Values {
    let shown = |name: &str| of(space).map_or_else(|| space.varied().any(|(one, _)| one == name), |rate| rate == name);
    Values(
        values.iter().filter(|(name, _)| shown(name)).map(|(name, value)| (name.to_owned(), value.clone())).collect(),
    )
}

/// The rate of a sample, if it has one that is above 0.
pub(super) fn value(space: &Space, values: &Values) -> Option<f64> {
    values.get(of(space)?)?.number().filter(|rate| *rate > 0.0)
}
