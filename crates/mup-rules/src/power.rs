//! Monomials in the scale variables: the only arithmetic that the rules need.

use std::collections::BTreeMap;
use std::ops::{Div, Mul};

use serde::{Deserialize, Serialize};

use crate::{Ratios, Variable};

/// A product of powers of [`Variable`]s: how a quantity scales from base to target.
///
/// ```
/// # use mup_rules::{Power, Ratios, Variable};
/// let rate = Power::new(-1.0, 1.0);
/// assert_eq!(rate.value(&Ratios::width(4.0, 8.0)), Some(2.0));
/// assert_eq!(rate.to_string(), "m_out/m_in");
/// assert_eq!((Power::fan_in(-1.0) * Power::of(Variable::DEPTH, -1.0)).to_string(), "1/(m_in·m_L)");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "BTreeMap<String, f64>", from = "BTreeMap<String, f64>")]
pub struct Power {
    /// Variables with exponents other than zero, in order.
    exponents: Vec<(Variable, f64)>,
}

impl Power {
    /// Does not scale.
    pub const ONE: Self = Self { exponents: Vec::new() };

    /// `m_in^fan_in · m_out^fan_out`.
    #[must_use]
    pub fn new(fan_in: f64, fan_out: f64) -> Self {
        Self::collect([(Variable::FAN_IN, fan_in), (Variable::FAN_OUT, fan_out)])
    }

    /// `m_in^exponent`.
    #[must_use]
    pub fn fan_in(exponent: f64) -> Self {
        Self::of(Variable::FAN_IN, exponent)
    }

    /// `m_out^exponent`.
    #[must_use]
    pub fn fan_out(exponent: f64) -> Self {
        Self::of(Variable::FAN_OUT, exponent)
    }

    /// `variable^exponent`.
    #[must_use]
    pub fn of(variable: Variable, exponent: f64) -> Self {
        Self::collect([(variable, exponent)])
    }

    /// Sums the exponents of each variable.
    fn collect(factors: impl IntoIterator<Item = (Variable, f64)>) -> Self {
        let mut exponents: Vec<(Variable, f64)> = Vec::new();
        for (variable, exponent) in factors {
            match exponents.iter_mut().find(|(known, _)| *known == variable) {
                Some((_, sum)) => *sum += exponent,
                None => exponents.push((variable, exponent)),
            }
        }
        exponents.retain(|(_, exponent)| *exponent != 0.0);
        exponents.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self { exponents }
    }

    /// The exponent of a variable, 0 if it does not occur.
    #[must_use]
    pub fn exponent(&self, variable: &Variable) -> f64 {
        self.exponents.iter().find(|(known, _)| known == variable).map_or(0.0, |(_, exponent)| *exponent)
    }

    /// The variables that occur.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.exponents.iter().map(|(variable, _)| variable)
    }

    /// The value at given ratios, exactly 1 when all are 1; none if a variable has no ratio.
    ///
    /// The exponents ±½, ±1, ±3/2, ±2 use multiplication, division and square root alone, which are exact
    /// to the last bit on every platform.
    #[must_use]
    pub fn value(&self, ratios: &Ratios) -> Option<f64> {
        let (mut above, mut below) = (1.0, 1.0);
        for (variable, exponent) in &self.exponents {
            let ratio = ratios.get(variable)?;
            if *exponent < 0.0 { below *= raise(ratio, -exponent) } else { above *= raise(ratio, *exponent) }
        }
        Some(above / below)
    }

    /// The power raised to `exponent`.
    #[must_use]
    pub fn pow(&self, exponent: f64) -> Self {
        Self::collect(self.exponents.iter().map(|(variable, own)| (variable.clone(), own * exponent)))
    }

    /// Whether it scales with nothing.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.exponents.is_empty()
    }

    /// Whether every exponent is a finite number.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.exponents.iter().all(|(_, exponent)| exponent.is_finite())
    }
}

/// `m^exponent` for a positive exponent (or none that is a number).
fn raise(m: f64, exponent: f64) -> f64 {
    match exponent {
        0.5 => m.sqrt(),
        1.0 => m,
        1.5 => m * m.sqrt(),
        2.0 => m * m,
        _ => m.powf(exponent),
    }
}

impl Mul<&Power> for &Power {
    type Output = Power;

    fn mul(self, other: &Power) -> Power {
        Power::collect(self.exponents.iter().chain(&other.exponents).cloned())
    }
}

impl Div<&Power> for &Power {
    type Output = Power;

    fn div(self, other: &Power) -> Power {
        self * &other.pow(-1.0)
    }
}

impl Mul for Power {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        &self * &other
    }
}

impl Div for Power {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        &self / &other
    }
}

impl From<Power> for BTreeMap<String, f64> {
    fn from(power: Power) -> Self {
        power.exponents.into_iter().map(|(variable, exponent)| (variable.name().to_owned(), exponent)).collect()
    }
}

impl From<BTreeMap<String, f64>> for Power {
    fn from(exponents: BTreeMap<String, f64>) -> Self {
        Self::collect(exponents.into_iter().map(|(name, exponent)| (Variable::read(name), exponent)))
    }
}

/// As a fraction: `m_out/m_in`, `1/(√m_out·m_in)`. Fan-out stands first, as in the paper's tables.
impl std::fmt::Display for Power {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (above, below) = (self.side(1.0), self.side(-1.0));
        let numerator = if above.is_empty() { "1".to_owned() } else { above.join("·") };
        match below.as_slice() {
            [] => f.pad(&numerator),
            [one] => f.pad(&format!("{numerator}/{one}")),
            many => f.pad(&format!("{numerator}/({})", many.join("·"))),
        }
    }
}

impl Power {
    /// The factors above (1) or below (−1) the line of the fraction.
    fn side(&self, sign: f64) -> Vec<String> {
        let printed =
            |(variable, exponent): &(Variable, f64)| (exponent * sign > 0.0).then(|| factor(variable, exponent * sign));
        let (fan_out, others): (Vec<_>, Vec<_>) =
            self.exponents.iter().partition(|(variable, _)| *variable == Variable::FAN_OUT);
        fan_out.into_iter().chain(others).filter_map(printed).collect()
    }
}

fn factor(variable: &Variable, exponent: f64) -> String {
    match exponent {
        1.0 => variable.to_string(),
        0.5 => format!("√{variable}"),
        2.0 => format!("{variable}²"),
        // A sum such as 1 − 0.32 has noise in its last digits.
        _ => format!("{variable}^{}", (exponent * 1e9).round() / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_read_as_in_the_paper() {
        let check = |power: Power, formula: &str| assert_eq!(power.to_string(), formula);
        check(Power::ONE, "1");
        check(Power::fan_in(-1.0), "1/m_in");
        check(Power::fan_in(2.0), "m_in²");
        check(Power::new(-1.0, 1.0), "m_out/m_in");
        check(Power::new(0.5, -1.0), "√m_in/m_out");
        check(Power::new(-1.0, -0.5), "1/(√m_out·m_in)");
        check(Power::fan_in(-0.25), "1/m_in^0.25");
        check(Power::of(Variable::TOKENS, 1.0 - 0.32), "m_D^0.68");
        check(Power::new(-1.0, 0.5) * Power::of(Variable::DEPTH, -0.5), "√m_out/(m_in·√m_L)");
    }

    #[test]
    #[allow(clippy::float_cmp)]
    fn the_exponents_of_the_table_lose_no_digit() {
        let ratios = Ratios::width(3.0, 7.0);
        let check = |power: Power, value: f64| assert_eq!(power.value(&ratios), Some(value));
        check(Power::fan_in(-1.0), 1.0 / 3.0);
        check(Power::fan_in(-0.5), 1.0 / 3.0_f64.sqrt());
        check(Power::new(-1.0, 1.0), 7.0 / 3.0);
        check(Power::new(1.0, -2.0), 3.0 / 49.0);
        check(Power::fan_in(0.3), 3.0_f64.powf(0.3));
    }

    #[test]
    fn a_variable_without_a_ratio_has_no_value() {
        assert_eq!(Power::of(Variable::DEPTH, -1.0).value(&Ratios::width(3.0, 7.0)), None);
    }

    #[test]
    fn files_of_version_1_name_the_fans_otherwise() {
        let read: Power = serde_json::from_str(r#"{"fan_in": -1.0, "fan_out": 0.0}"#).expect("a power");
        assert_eq!(read, Power::fan_in(-1.0));
    }
}
