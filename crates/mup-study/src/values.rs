//! Values of hyperparameters by name, for programs that this crate knows nothing about.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::quote::quoted;

/// The value of one hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Setting {
    /// True or false, which programs see as `true` and `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A real number.
    Number(f64),
    /// A name.
    Text(String),
}

impl Setting {
    /// The number; none for a name, true or false.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Number(value) => Some(*value),
            Self::Text(_) | Self::Boolean(_) => None,
        }
    }
}

impl fmt::Display for Setting {
    /// As it was written, so that a program reads back the same bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// One value for each hyperparameter, in order of their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(pub BTreeMap<String, Setting>);

impl Values {
    /// The value of one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.0.get(name)
    }

    /// The value of one as a number; none if it is none, or not there.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.get(name).and_then(Setting::number)
    }

    /// The same with one of them changed or added.
    #[must_use]
    pub fn with(mut self, name: &str, value: Setting) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// Names and values, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl fmt::Display for Values {
    /// Four significant digits: for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            match value {
                Setting::Number(value) => write!(f, "{separator}{name} {}", rounded(*value))?,
                value => write!(f, "{separator}{name} {}", quoted(&value.to_string(), 0, 60))?,
            }
        }
        Ok(())
    }
}

/// Four significant digits, for people; without an exponent where that is shorter.
#[must_use]
pub fn rounded(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    let exponent = rounded.abs().log10();
    if rounded == 0.0 || (-4.0..6.0).contains(&exponent) { format!("{rounded}") } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_four_digits_and_programs_all() {
        let values = Values::default().with("rate", Setting::Number(0.000_123_456_789)).with("n", Setting::Integer(3));
        assert_eq!(values.to_string(), "n 3, rate 0.0001235");
        assert_eq!(values.get("rate").unwrap().to_string(), "0.000123456789");
        assert_eq!((values.number("n"), values.number("rates")), (Some(3.0), None));
        assert_eq!(rounded(1.0e-7), "1e-7");
        assert_eq!(rounded(0.0), "0");
    }
}
