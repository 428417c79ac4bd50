//! A dimension as `study.toml` has it: one kind of values, and whether the best of them transfers.

use serde::{Deserialize, Serialize};

use super::Dimension;
use crate::Setting;

/// `{ log-uniform = [1e-4, 1e-1], transfers = true }`. Every key is known, so that a misspelled one is refused.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    log_uniform: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uniform: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integer: Option<[i64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    categorical: Option<Vec<Setting>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grid: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Setting>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transfers: Option<bool>,
}

impl Written {
    pub(super) fn new(dimension: Dimension, transfers: Option<bool>) -> Self {
        let mut written = Self { transfers, ..Self::default() };
        match dimension {
            Dimension::LogUniform(ends) => written.log_uniform = Some(ends),
            Dimension::Uniform(ends) => written.uniform = Some(ends),
            Dimension::Integer(ends) => written.integer = Some(ends),
            Dimension::Categorical(settings) => written.categorical = Some(settings),
            Dimension::Grid(values) => written.grid = Some(values),
            Dimension::Fixed(setting) => written.fixed = Some(setting),
        }
        written
    }

    /// The dimension of that name; an error unless exactly one kind of values is written.
    pub(super) fn dimension(self, name: &str) -> Result<Dimension, String> {
        let kinds = [
            self.log_uniform.map(Dimension::LogUniform),
            self.uniform.map(Dimension::Uniform),
            self.integer.map(Dimension::Integer),
            self.categorical.map(Dimension::Categorical),
            self.grid.map(Dimension::Grid),
            self.fixed.map(Dimension::Fixed),
        ];
        let mut kinds = kinds.into_iter().flatten();
        match (kinds.next(), kinds.next()) {
            (Some(dimension), None) => Ok(dimension),
            (found, _) => Err(format!(
                "`{name}` has {} of values; write exactly one of log-uniform, uniform, integer, categorical, grid and \
                 fixed, as in `{name} = {{ log-uniform = [1e-4, 1e-1] }}`",
                if found.is_none() { "no kind" } else { "two kinds" },
            )),
        }
    }
}
