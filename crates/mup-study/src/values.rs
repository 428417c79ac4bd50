//! Values of hyperparameters by name, for programs that this crate knows nothing about.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Hyperparameter, Hyperparameters, SpaceError};

/// The value of one hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// A whole number.
    Integer(i64),
    /// A real number.
    Number(f64),
    /// A name.
    Text(String),
}

impl Setting {
    /// The number; none for a name.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Number(value) => Some(*value),
            Self::Text(_) => None,
        }
    }
}

impl fmt::Display for Setting {
    /// As it was written, so that a program reads back the same bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
                value => write!(f, "{separator}{name} {value}")?,
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

impl From<Hyperparameters> for Values {
    fn from(hyperparameters: Hyperparameters) -> Self {
        let entry = |hyperparameter: Hyperparameter| {
            (hyperparameter.name().to_owned(), Setting::Number(hyperparameters.get(hyperparameter)))
        };
        Self(Hyperparameter::ALL.into_iter().map(entry).collect())
    }
}

impl TryFrom<&Values> for Hyperparameters {
    type Error = SpaceError;

    /// What is not named is 1; the learning rate has to be named, and a name that is none of the six is an error.
    fn try_from(values: &Values) -> Result<Self, SpaceError> {
        let mut hyperparameters = Self::at_rate(f64::NAN);
        for (name, value) in values.iter() {
            let hyperparameter: Hyperparameter = name.parse()?;
            let number = value.number().filter(|number| number.is_finite() && *number > 0.0);
            let number = number.ok_or_else(|| SpaceError::Value {
                name: name.to_owned(),
                value: value.to_string(),
                reason: "it has to be a positive finite number",
            })?;
            hyperparameters = hyperparameters.with(hyperparameter, number);
        }
        if hyperparameters.learning_rate.is_nan() {
            return Err(SpaceError::Missing { name: Hyperparameter::LearningRate.name().to_owned() });
        }
        Ok(hyperparameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_six_go_there_and_back_and_what_is_unknown_or_senseless_is_refused() {
        let six = Hyperparameters { alpha_output: 0.5, ..Hyperparameters::at_rate(0.1 + 0.2) };
        let values = Values::from(six);
        assert_eq!(Hyperparameters::try_from(&values), Ok(six));
        let wrong = |name, value| Hyperparameters::try_from(&values.clone().with(name, value)).unwrap_err().to_string();
        assert!(wrong("dropout", Setting::Number(0.1)).contains("unknown hyperparameter `dropout`"));
        assert!(wrong("alpha-output", Setting::Number(-1.0)).contains("alpha-output"));
        assert!(wrong("alpha-output", Setting::Text("much".to_owned())).contains("much"));
        assert!(Hyperparameters::try_from(&Values::default()).unwrap_err().to_string().contains("learning-rate"));
    }

    #[test]
    fn people_see_four_digits_and_programs_all() {
        let values = Values::default().with("rate", Setting::Number(0.000_123_456_789)).with("n", Setting::Integer(3));
        assert_eq!(values.to_string(), "n 3, rate 0.0001235");
        assert_eq!(values.get("rate").unwrap().to_string(), "0.000123456789");
        assert_eq!(rounded(1.0e-7), "1e-7");
        assert_eq!(rounded(0.0), "0");
    }
}
