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
    #[must_use]
    pub fn value(self, m_in: f64, m_out: f64) -> f64 {
        m_in.powf(self.fan_in) * m_out.powf(self.fan_out)
    }

    /// The power raised to `exponent`.
    #[must_use]
    pub fn pow(self, exponent: f64) -> Self {
        Self::new(self.fan_in * exponent, self.fan_out * exponent)
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
        let side = |sign: f64| -> Vec<String> {
            let factors = [("m_out", self.fan_out * sign), ("m_in", self.fan_in * sign)];
            factors.into_iter().filter(|(_, exponent)| *exponent > 0.0).map(|(name, e)| factor(name, e)).collect()
        };
        let (numerator, denominator) = (side(1.0).join("·"), side(-1.0));
        let numerator = if numerator.is_empty() { "1".to_owned() } else { numerator };
        f.pad(&match denominator.as_slice() {
            [] => numerator,
            [one] => format!("{numerator}/{one}"),
            many => format!("{numerator}/({})", many.join("·")),
        })
    }
}

fn factor(name: &str, exponent: f64) -> String {
    match exponent {
        1.0 => name.to_owned(),
        0.5 => format!("√{name}"),
        2.0 => format!("{name}²"),
        _ => format!("{name}^{exponent}"),
    }
}
