//! This program's reading of a study's values: the six hyperparameters of the GPT-3 experiment, typed.

use std::fmt;
use std::str::FromStr;

use mup_study::{Setting, Values};
use serde::{Deserialize, Serialize};

/// Values that are none of this program's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    /// No hyperparameter of that name.
    #[error("unknown hyperparameter `{name}`; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What exists.
        known: String,
    },
    /// A value that makes no sense.
    #[error("`{name}` cannot be {value}: {reason}")]
    Value {
        /// Of which hyperparameter.
        name: String,
        /// The value.
        value: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The one that every run needs.
    #[error("`learning-rate` has no value: add it to the space, if only as {{ fixed = VALUE }}")]
    NoRate,
}

/// A hyperparameter of the GPT-3 experiment.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, App. F.4 and Fig. 14.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hyperparameter {
    /// Base learning rate η.
    LearningRate,
    /// Factor on the initial standard deviation of all parameters.
    InitScale,
    /// Multiplier of the attention logits, the inverse of the attention temperature.
    AlphaAttention,
    /// Multiplier of the output logits, the inverse of the output temperature.
    AlphaOutput,
    /// Multiplier of the embedding layer's output.
    AlphaEmbedding,
    /// Multiplier of the relative-position vectors.
    AlphaRelative,
}

impl Hyperparameter {
    /// All six, in the paper's order.
    pub const ALL: &'static [Self] = &[
        Self::LearningRate,
        Self::InitScale,
        Self::AlphaAttention,
        Self::AlphaOutput,
        Self::AlphaEmbedding,
        Self::AlphaRelative,
    ];

    /// Name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LearningRate => "learning-rate",
            Self::InitScale => "init-scale",
            Self::AlphaAttention => "alpha-attention",
            Self::AlphaOutput => "alpha-output",
            Self::AlphaEmbedding => "alpha-embedding",
            Self::AlphaRelative => "alpha-relative",
        }
    }
}

impl fmt::Display for Hyperparameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Hyperparameter {
    type Err = ValuesError;

    fn from_str(name: &str) -> Result<Self, ValuesError> {
        let known = Self::ALL.iter().copied().find(|hyperparameter| hyperparameter.name() == name);
        known.ok_or_else(|| ValuesError::Unknown {
            name: name.to_owned(),
            known: Self::ALL.iter().map(|known| known.name()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// One value for each hyperparameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Hyperparameters {
    /// Base learning rate η.
    pub learning_rate: f64,
    /// Factor on the initial standard deviation of all parameters.
    pub init_scale: f64,
    /// Multiplier of the attention logits.
    pub alpha_attention: f64,
    /// Multiplier of the output logits.
    pub alpha_output: f64,
    /// Multiplier of the embedding layer's output.
    pub alpha_embedding: f64,
    /// Multiplier of the relative-position vectors.
    pub alpha_relative: f64,
}

impl Hyperparameters {
    /// A learning rate, everything else 1.
    #[must_use]
    pub fn at_rate(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            init_scale: 1.0,
            alpha_attention: 1.0,
            alpha_output: 1.0,
            alpha_embedding: 1.0,
            alpha_relative: 1.0,
        }
    }

    /// The value of one.
    #[must_use]
    pub fn get(&self, hyperparameter: Hyperparameter) -> f64 {
        match hyperparameter {
            Hyperparameter::LearningRate => self.learning_rate,
            Hyperparameter::InitScale => self.init_scale,
            Hyperparameter::AlphaAttention => self.alpha_attention,
            Hyperparameter::AlphaOutput => self.alpha_output,
            Hyperparameter::AlphaEmbedding => self.alpha_embedding,
            Hyperparameter::AlphaRelative => self.alpha_relative,
        }
    }

    /// The same with one of them changed.
    #[must_use]
    pub fn with(mut self, hyperparameter: Hyperparameter, value: f64) -> Self {
        let field = match hyperparameter {
            Hyperparameter::LearningRate => &mut self.learning_rate,
            Hyperparameter::InitScale => &mut self.init_scale,
            Hyperparameter::AlphaAttention => &mut self.alpha_attention,
            Hyperparameter::AlphaOutput => &mut self.alpha_output,
            Hyperparameter::AlphaEmbedding => &mut self.alpha_embedding,
            Hyperparameter::AlphaRelative => &mut self.alpha_relative,
        };
        *field = value;
        self
    }
}

impl fmt::Display for Hyperparameters {
    /// The rate as a power of two; of the others only those that are not 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate 2^{}", self.learning_rate.log2())?;
        for hyperparameter in &Hyperparameter::ALL[1..] {
            let value = self.get(*hyperparameter);
            if (value - 1.0).abs() > f64::EPSILON {
                write!(f, ", {hyperparameter} {value}")?;
            }
        }
        Ok(())
    }
}

impl From<Hyperparameters> for Values {
    fn from(hyperparameters: Hyperparameters) -> Self {
        let entry = |hyperparameter: Hyperparameter| {
            (hyperparameter.name().to_owned(), Setting::Number(hyperparameters.get(hyperparameter)))
        };
        Self(Hyperparameter::ALL.iter().copied().map(entry).collect())
    }
}

impl TryFrom<&Values> for Hyperparameters {
    type Error = ValuesError;

    /// What is not named is 1; the learning rate has to be named, and a name that is none of the six is an error.
    fn try_from(values: &Values) -> Result<Self, ValuesError> {
        let mut hyperparameters = Self::at_rate(f64::NAN);
        for (name, value) in values.iter() {
            let hyperparameter: Hyperparameter = name.parse()?;
            let number = value.number().filter(|number| number.is_finite() && *number > 0.0);
            let number = number.ok_or_else(|| ValuesError::Value {
                name: name.to_owned(),
                value: value.to_string(),
                reason: "it has to be a positive finite number",
            })?;
            hyperparameters = hyperparameters.with(hyperparameter, number);
        }
        if hyperparameters.learning_rate.is_nan() {
            return Err(ValuesError::NoRate);
        }
        Ok(hyperparameters)
    }
}

#[cfg(test)]
mod tests {
    use mup_study::Space;

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
    fn the_preset_of_gpt_3_has_exactly_the_six() {
        let space = Space::gpt3();
        let names: Vec<&str> = space.varied().map(|(name, _)| name).collect();
        let mut known: Vec<&str> = Hyperparameter::ALL.iter().map(|one| one.name()).collect();
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
