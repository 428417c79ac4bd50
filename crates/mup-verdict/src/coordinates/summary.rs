//! One verdict per module: what its steps have in common.

use serde::{Deserialize, Serialize};

use super::{Criteria, Finding, Quantity, Source, Verdict};
use crate::Slope;

/// The judgment on one module: on its initialization, or on its change over all steps; on a gradient, over all steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the activation, or path of the parameter.
    pub module: String,
    /// The kind of tensor.
    pub source: Source,
    /// That, or its change.
    pub quantity: Quantity,
    /// Median over steps, end by end; none where no step has a slope.
    pub slope: Option<Slope>,
    /// What it means.
    pub verdict: Verdict,
    /// The steps, ascending.
    pub findings: Vec<Finding>,
}

impl Summary {
    /// Judges a module by the median of its steps.
    ///
    /// The median, because both ends of a run mislead: the first steps still show the random readout (at finite
    /// width, part of a change is that of the initial Gaussian process, Θ(1/√n)), and the last ones show a loss
    /// that has reached its floor, or oscillates. What a wrong rule does is there at every step. Ends of the
    /// interval are medians too; since steps of a run are far from independent, they are not narrowed.
    ///
    /// A step that is not finite is never outvoted.
    pub(crate) fn new(findings: Vec<Finding>, criteria: &Criteria) -> Option<Self> {
        let first = findings.first()?;
        let (module, source, quantity) = (first.module.clone(), first.source, first.quantity);
        let slopes: Vec<Slope> = findings.iter().filter_map(|finding| finding.slope).collect();
        let end = |of: fn(&Slope) -> f64| median(slopes.iter().map(of).collect());
        let slope = (!slopes.is_empty()).then(|| Slope {
            value: end(|slope| slope.value),
            low: end(|slope| slope.low),
            high: end(|slope| slope.high),
        });
        let has = |verdict| findings.iter().any(|finding| finding.verdict == verdict);
        let verdict = match &slope {
            _ if has(Verdict::NotFinite) => Verdict::NotFinite,
            _ if has(Verdict::NoClaim) => Verdict::NoClaim,
            Some(slope) => criteria.classify(&module, (source, quantity), slope),
            None if has(Verdict::Undecided) => Verdict::Undecided,
            None => Verdict::Zero,
        };
        Some(Self { module, source, quantity, slope, verdict, findings })
    }

    /// Number of steps that fail on their own.
    #[must_use]
    pub fn n_failing(&self) -> usize {
        self.findings.iter().filter(|finding| finding.verdict.is_failure()).count()
    }

    /// For a table: x₀, Δx, ΔW and the like.
    pub(crate) fn symbol(&self) -> &'static str {
        self.source.symbol(self.quantity)
    }

    /// The middle one of the steps.
    #[must_use]
    pub(crate) fn middle(&self) -> Option<&Finding> {
        self.findings.get(self.findings.len() / 2)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        let (a, b) = (values[middle - 1], values[middle]);
        if a.is_finite() && b.is_finite() { f64::midpoint(a, b) } else { b }
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_takes_the_middle_and_keeps_infinite_ends() {
        let exactly = |values: &[f64], expected: f64| {
            let found = median(values.to_vec());
            assert!(found.total_cmp(&expected).is_eq(), "median of {values:?}: {found}");
        };
        exactly(&[3.0], 3.0);
        exactly(&[3.0, 1.0, 2.0], 2.0);
        exactly(&[4.0, 1.0, 2.0, 3.0], 2.5);
        exactly(&[f64::INFINITY, f64::INFINITY], f64::INFINITY);
        exactly(&[f64::NEG_INFINITY, f64::NEG_INFINITY], f64::NEG_INFINITY);
    }
}
