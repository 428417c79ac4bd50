//! The three questions of docs/experiment.md, answered in its words.

use std::fmt;

use super::super::arms::Arm;
use super::super::pairs::{Comparison, MARGIN};
use super::Results;

/// Answers as far as runs have ended.
pub(super) struct Answers<'a>(pub(super) &'a Results);

impl fmt::Display for Answers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Results { comparisons, around, same, .. } = self.0;
        writeln!(f, "\n1. Is the target's loss another than from the proxy's own base?")?;
        for comparison in comparisons {
            writeln!(f, "   - {}: {}", comparison.of, matters(comparison))?;
        }
        writeln!(
            f,
            "   {} comparisons at 95 %, not corrected for their number: of twenty without a difference one excludes 0.",
            comparisons.len()
        )?;
        writeln!(
            f,
            "2. Is half or twice the transferred rate better by more than {MARGIN}? An indication, by seed 0 alone."
        )?;
        for arm in around {
            writeln!(f, "   - {}: {}", arm.what, better_beside(arm))?;
        }
        writeln!(f, "3. Do the factors ¼ on both do what four times the base does?")?;
        match same {
            Some(same) => writeln!(f, "   {same}; {}", matters(same)),
            None => writeln!(f, "   not compared"),
        }
    }
}

fn matters(comparison: &Comparison) -> &'static str {
    match comparison.interval {
        _ if comparison.diverged != [0, 0] => "runs diverged, so it matters",
        Some(interval) if interval.contains_zero() => "no difference was shown",
        Some(interval) if interval.value.abs() > MARGIN => "it matters",
        Some(_) => "a difference too small to matter",
        None => "no pair finished",
    }
}

/// Of runs at half the rate, at it and at twice.
fn better_beside(arm: &Arm) -> String {
    let losses: Vec<f64> = arm.losses().into_iter().map(|(_, loss)| loss).collect();
    let [half, at, twice] = losses[..] else { return "not yet tried".to_owned() };
    match half.min(twice) {
        other if !at.is_finite() && !other.is_finite() => "all diverged".to_owned(),
        other if at - other <= MARGIN => "no".to_owned(),
        _ if half < twice => format!("half, by {:.4}", at - half),
        _ => format!("twice, by {:.4}", at - twice),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::arms::tests::ended;
    use super::*;

    fn said(one: &[Option<f64>], other: &[Option<f64>]) -> &'static str {
        matters(&Comparison::of(&ended("one", one), &ended("other", other)).expect("pairs"))
    }

    #[test]
    fn a_difference_matters_if_it_is_shown_and_large() {
        let other = [Some(2.0); 3];
        assert_eq!(said(&[Some(1.95), Some(1.96), Some(1.94)], &other), "it matters");
        assert_eq!(said(&[Some(2.05), Some(2.06), Some(2.04)], &other), "it matters");
        assert_eq!(said(&[Some(1.99), Some(1.991), Some(1.989)], &other), "a difference too small to matter");
        assert_eq!(said(&[Some(1.9), Some(2.0), Some(2.05)], &other), "no difference was shown");
        assert_eq!(said(&[Some(1.9), None, Some(2.05)], &other), "runs diverged, so it matters");
    }

    #[test]
    fn a_rate_beside_is_better_only_by_more_than_the_margin() {
        let beside = |losses: &[Option<f64>]| better_beside(&ended("x", losses));
        assert_eq!(beside(&[Some(1.99), Some(2.0), None]), "no");
        assert_eq!(beside(&[Some(1.9), Some(2.0), Some(1.95)]), "half, by 0.1000");
        assert_eq!(beside(&[None, Some(2.0), Some(1.75)]), "twice, by 0.2500");
        assert_eq!(beside(&[None; 3]), "all diverged");
        assert_eq!(beside(&[Some(1.0)]), "not yet tried");
    }
}
