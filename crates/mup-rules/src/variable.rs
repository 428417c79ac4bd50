//! What the rules scale with: named ratios of target over base.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// A quantity of the target over the same quantity of the base. Every rule is a monomial in variables.
///
/// The known ones are constants; a variable of your own is a name, and
/// [`PlanBuilder::variable`](crate::PlanBuilder::variable) says what it is for each tensor.
///
/// ```
/// # use mup_rules::{Power, Ratios, Variable};
/// const GROUPS: Variable = Variable::new("m_G");
/// let power = Power::of(GROUPS, -0.5);
/// assert_eq!(power.to_string(), "1/√m_G");
/// assert_eq!(power.value(&Ratios::width(4.0, 4.0)), None); // never 1 in silence
/// assert_eq!(power.value(&Ratios::width(4.0, 4.0).with(GROUPS, 4.0)), Some(0.5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variable(Cow<'static, str>);

impl Variable {
    /// `m_in`: the tensor's own fan-in.
    pub const FAN_IN: Self = Self::new("m_in");
    /// `m_out`: the tensor's own fan-out.
    pub const FAN_OUT: Self = Self::new("m_out");
    /// `m_L`: residual additions on the tensor's stream.
    pub const DEPTH: Self = Self::new("m_L");
    /// `m_B`: tokens in a batch.
    pub const BATCH: Self = Self::new("m_B");
    /// `m_D`: tokens in training.
    pub const TOKENS: Self = Self::new("m_D");
    /// `m_N`: numbers that are trained, in the whole model.
    pub const PARAMETERS: Self = Self::new("m_N");

    /// In the order in which factors are multiplied, so that a value is the same bits everywhere.
    const ORDER: [Self; 6] = [Self::FAN_IN, Self::FAN_OUT, Self::DEPTH, Self::BATCH, Self::TOKENS, Self::PARAMETERS];

    /// A variable by the name that formulas print.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name that formulas print.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// A name of files of version 1, or any other.
    pub(crate) fn read(name: String) -> Self {
        match name.as_str() {
            "fan_in" => Self::FAN_IN,
            "fan_out" => Self::FAN_OUT,
            _ => Self(Cow::Owned(name)),
        }
    }

    fn rank(&self) -> usize {
        Self::ORDER.iter().position(|known| known == self).unwrap_or(Self::ORDER.len())
    }
}

impl Ord for Variable {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Variable {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Display for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// The values of the variables for one tensor, target over base.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ratios(Vec<(Variable, f64)>);

impl Ratios {
    /// Fan-in and fan-out.
    #[must_use]
    pub fn width(m_in: f64, m_out: f64) -> Self {
        Self(vec![(Variable::FAN_IN, m_in), (Variable::FAN_OUT, m_out)])
    }

    /// The same, and one variable more (or another value of it).
    #[must_use]
    pub fn with(mut self, variable: Variable, ratio: f64) -> Self {
        self.0.retain(|(known, _)| *known != variable);
        self.0.push((variable, ratio));
        self.0.sort_by(|(a, _), (b, _)| a.cmp(b));
        self
    }

    /// The value of a variable, if it has one.
    #[must_use]
    pub fn get(&self, variable: &Variable) -> Option<f64> {
        self.0.iter().find(|(known, _)| known == variable).map(|(_, ratio)| *ratio)
    }

    /// Whether no variable has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every variable with its value.
    pub fn iter(&self) -> impl Iterator<Item = &(Variable, f64)> {
        self.0.iter()
    }
}

impl std::fmt::Display for Ratios {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ratios: Vec<String> = self.0.iter().map(|(variable, ratio)| format!("{variable} = {ratio}")).collect();
        f.write_str(&ratios.join(", "))
    }
}

impl Serialize for Ratios {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(variable, ratio)| (variable.name(), ratio)))
    }
}

impl<'de> Deserialize<'de> for Ratios {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ratios = std::collections::BTreeMap::<String, f64>::deserialize(deserializer)?;
        let ratios = ratios.into_iter().map(|(name, ratio)| (Variable::read(name), ratio));
        Ok(ratios.fold(Self::default(), |ratios, (variable, ratio)| ratios.with(variable, ratio)))
    }
}
