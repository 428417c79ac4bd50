//! A number of the plan, with the formula and the reasons that produced it.

use serde::{Deserialize, Serialize};

/// In place of a number that does not exist.
pub(crate) const ABSENT: &str = "–";

/// A number and the terms whose product it is; prints as `0.25 = 1/m_in`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Factor {
    /// The value for this tensor.
    pub value: f64,
    /// What was multiplied, in order; empty for a number that nothing scales.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<Term>,
}

/// One term of a [`Factor`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Term {
    /// The term in ratios of this tensor, such as `1/m_in`.
    pub formula: String,
    /// Which rule, convention or wish it comes from.
    pub reason: String,
}

impl Factor {
    pub(crate) fn new(value: f64, terms: Vec<Term>) -> Self {
        Self { value, terms }
    }

    /// What does not exist for a tensor, and why; prints as `–`.
    pub(crate) fn absent(reason: impl Into<String>) -> Self {
        Self::new(1.0, vec![Term::new(ABSENT, reason)])
    }

    /// One term more, that of a wish.
    pub(crate) fn wished(&mut self, times: f64, formula: String, reason: &str) {
        self.value *= times;
        self.terms.push(Term::new(formula, reason));
    }

    /// The product of the terms, `1` if there is none.
    #[must_use]
    pub fn formula(&self) -> String {
        if self.terms.is_empty() {
            return "1".to_owned();
        }
        let formulas: Vec<&str> = self.terms.iter().map(|term| term.formula.as_str()).collect();
        formulas.join(" · ")
    }

    /// Value and terms with their reasons, `0.25 = 1/m_in (hidden, plain form)`.
    pub(crate) fn in_words(&self) -> String {
        match self.terms.as_slice() {
            [] => four_digits(self.value),
            [term] if term.formula == ABSENT => self.reasons(),
            _ => format!("{} = {}", four_digits(self.value), self.reasons()),
        }
    }

    /// The terms with their reasons, `1/m_in (hidden, plain form)`.
    #[must_use]
    pub fn reasons(&self) -> String {
        let said = |term: &Term| match term.reason.as_str() {
            "" => term.formula.clone(),
            reason => format!("{} ({reason})", term.formula),
        };
        self.terms.iter().map(said).collect::<Vec<_>>().join(" · ")
    }
}

impl Term {
    pub(crate) fn new(formula: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { formula: formula.into(), reason: reason.into() }
    }
}

/// `0.25 = 1/m_in`, with four significant digits; `1` where nothing scales.
impl std::fmt::Display for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.formula().as_str() {
            alone @ ("1" | ABSENT) => f.pad(alone),
            formula => f.pad(&format!("{} = {formula}", four_digits(self.value))),
        }
    }
}

pub(crate) fn four_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::four_digits;

    #[test]
    fn numbers_print_with_four_digits_and_no_noise() {
        let check = |value: f64, text: &str| assert_eq!(four_digits(value), text);
        check(0.0, "0");
        check(1.0, "1");
        check(0.25, "0.25");
        check(1.0 / 3.0, "0.3333");
        check(1.0 / 48.0, "0.02083");
        check(48.0, "48");
        check(6.928_203, "6.928");
        check(123_456.0, "123456");
        check(1e-7, "1.000e-7");
    }
}
