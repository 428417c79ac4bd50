//! Monomials in the width multipliers: the only arithmetic that the rules need.

use serde::{Deserialize, Serialize};

/// `m_in^fan_in · m_out^fan_out`: how a quantity scales with the width multipliers of its tensor.
///
/// ```
/// # use mup_rules::Power;
/// let rate = Power::new(-1.0, 1.0);
/// assert_eq!(rate.value(4.0, 8.0), 2.0);
/// assert_eq!(rate.to_string(), "m_out/m_in");
/// assert_eq!(Power::new(-0.5, 0.0).to_string(), "1/√m_in");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Exponent of the fan-in width multiplier `m_in`.
    pub fan_in: f64,
    /// Exponent of the fan-out width multiplier `m_out`.
    pub fan_out: f64,
}

impl Power {
    /// Does not scale.
    pub const ONE: Self = Self::new(0.0, 0.0);

    /// `m_in^fan_in · m_out^fan_out`.
    #[must_use]
    pub const fn new(fan_in: f64, fan_out: f64) -> Self {
        Self { fan_in, fan_out }
    }

    /// `m_in^exponent`.
    #[must_use]
    pub const fn fan_in(exponent: f64) -> Self {
        Self::new(exponent, 0.0)
    }

    /// `m_out^exponent`.
    #[must_use]
    pub const fn fan_out(exponent: f64) -> Self {
        Self::new(0.0, exponent)
    }

    /// The value at given width multipliers; exactly 1 when both are 1.
    ///
    /// The exponents ±½, ±1, ±3/2, ±2 use multiplication, division and square root alone, which are exact
    /// to the last bit on every platform.
    #[must_use]
    pub fn value(self, m_in: f64, m_out: f64) -> f64 {
        let side = |sign: f64| raise(m_in, sign * self.fan_in) * raise(m_out, sign * self.fan_out);
        side(1.0) / side(-1.0)
    }

    /// The power raised to `exponent`.
    #[must_use]
    pub fn pow(self, exponent: f64) -> Self {
        Self::new(self.fan_in * exponent, self.fan_out * exponent)
    }

    /// Whether both exponents are finite numbers.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.fan_in.is_finite() && self.fan_out.is_finite()
    }
}

/// `m^exponent` for a positive exponent, 1 otherwise: the factors of one side of a fraction.
fn raise(m: f64, exponent: f64) -> f64 {
    match exponent {
        _ if exponent <= 0.0 => 1.0,
        0.5 => m.sqrt(),
        1.0 => m,
        1.5 => m * m.sqrt(),
        2.0 => m * m,
        _ => m.powf(exponent),
    }
}

impl std::ops::Mul for Power {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self::new(self.fan_in + other.fan_in, self.fan_out + other.fan_out)
    }
}

impl std::ops::Div for Power {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        Self::new(self.fan_in - other.fan_in, self.fan_out - other.fan_out)
    }
}

impl std::fmt::Display for Power {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::ONE {
            return f.pad("1");
        }
        let (numerator, denominator) = (self.side(1.0), self.side(-1.0));
        let numerator = if numerator.is_empty() { "1" } else { numerator.as_str() };
        let both_below = self.fan_in < 0.0 && self.fan_out < 0.0;
        match denominator.as_str() {
            "" => f.pad(numerator),
            many if both_below => f.pad(&format!("{numerator}/({many})")),
            one => f.pad(&format!("{numerator}/{one}")),
        }
    }
}

impl Power {
    /// The factors above (1) or below (−1) the line of the fraction.
    fn side(self, sign: f64) -> String {
        let mut factors = String::new();
        for (name, exponent) in [("m_out", self.fan_out * sign), ("m_in", self.fan_in * sign)] {
            if exponent > 0.0 {
                factors.push_str(if factors.is_empty() { "" } else { "·" });
                push_factor(&mut factors, name, exponent);
            }
        }
        factors
    }
}

fn push_factor(factors: &mut String, name: &str, exponent: f64) {
    let (before, after) = match exponent {
        1.0 => ("", String::new()),
        0.5 => ("√", String::new()),
        2.0 => ("", "²".to_owned()),
        _ => ("", format!("^{exponent}")),
    };
    factors.extend([before, name, after.as_str()]);
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
    }

    #[test]
    #[allow(clippy::float_cmp)]
    fn the_exponents_of_the_table_lose_no_digit() {
        let (m_in, m_out) = (3.0, 7.0);
        assert_eq!(Power::fan_in(-1.0).value(m_in, m_out), 1.0 / 3.0);
        assert_eq!(Power::fan_in(-0.5).value(m_in, m_out), 1.0 / 3.0_f64.sqrt());
        assert_eq!(Power::new(-1.0, 1.0).value(m_in, m_out), 7.0 / 3.0);
        assert_eq!(Power::new(1.0, -2.0).value(m_in, m_out), 3.0 / 49.0);
        assert_eq!(Power::fan_in(0.3).value(m_in, m_out), 3.0_f64.powf(0.3));
    }
}
