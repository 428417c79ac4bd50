//! Whether the contestants compute the same.

use super::measured::Contender;
use mup_golden::Precision;

/// Relative difference of losses that rounding explains. A loss in f32 is a mean over many tokens of numbers near 6, each
/// with some 1e-7 of rounding per operation. After a step, Adam has turned the sign of every gradient that is zero but for
/// rounding into a whole update; the loss does not depend on those weights to first order. Seen before any step is 2e-7
/// and after three 3e-6, on tiny shapes; the approximate GELU in place of the exact one gives 3e-5, anything else more.
const TOLERANCE: f64 = 1e-5;

/// The same where the factors of products are rounded to TF32, which moves the losses by 1.7e-6 at most (gpu/tf32.py,
/// docs/log.md, 2026-11-27); a GPU sums in another order too. What is between 1e-5 and this is not found in TF32, so a
/// device that can compute in f32 is to be compared in f32 as well.
const TF32_TOLERANCE: f64 = 1e-4;

/// The largest relative difference of losses that is allowed.
pub(crate) fn tolerance(precision: Precision) -> f64 {
    match precision {
        // No contestant has a convolution.
        Precision::Single | Precision::Tf32Convolutions => TOLERANCE,
        Precision::Tf32 => TF32_TOLERANCE,
    }
}

/// How contestants differ by more than rounding from the first whose products are in f32, or from the first of all.
pub(crate) fn disagreements(contenders: &[Contender]) -> Vec<String> {
    let exact = contenders.iter().position(|it| tolerance(it.precision) <= TOLERANCE);
    let Some(reference) = contenders.get(exact.unwrap_or(0)) else { return Vec::new() };
    let others = contenders.iter().filter(|it| !std::ptr::eq(*it, reference));
    others.filter_map(|other| disagreement(reference, other)).collect()
}

fn disagreement(first: &Contender, other: &Contender) -> Option<String> {
    let tolerance = tolerance(first.precision).max(tolerance(other.precision));
    let same_number = first.losses.len() == other.losses.len() && !first.losses.is_empty();
    let pairs = first.losses.iter().zip(&other.losses).enumerate();
    let agree = |a: f64, b: f64| (a - b).abs() / a.abs() <= tolerance;
    // Nothing agrees with NaN.
    let mut wrong = pairs.filter(|(_, (a, b))| !agree(**a, **b));
    let names = format!("{} and {} do not compute the same", first.name, other.name);
    match wrong.next() {
        _ if !same_number => Some(format!("{names}: {} losses against {}", first.losses.len(), other.losses.len())),
        Some((step, (a, b))) => Some(format!(
            "{names}: after {step} steps from the same weights on the same tokens the losses are {a} and {b}; the \
             relative tolerance is {tolerance:e}"
        )),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::measured::Kind;

    fn contender(name: &str, losses: &[f64]) -> Contender {
        Contender { losses: losses.to_vec(), ..Contender::unmeasured(name, Kind::Ours) }
    }

    fn compare(theirs: &[f64]) -> Option<String> {
        disagreements(&[contender("flex", &[5.5, 5.4]), contender("PyTorch", theirs)]).pop()
    }

    #[test]
    fn rounding_is_no_disagreement_and_anything_larger_is() {
        assert_eq!(compare(&[5.500_01, 5.400_01]), None);
        let message = compare(&[5.500_1, 5.4]).expect("too far");
        assert!(message.starts_with("flex and PyTorch do not compute the same: after 0 steps"), "{message}");
        assert!(compare(&[5.5, 5.41]).expect("too far").contains("after 1 steps"));
    }

    #[test]
    fn a_loss_that_is_no_number_or_missing_is_a_disagreement() {
        assert!(compare(&[f64::NAN, 5.4]).is_some());
        assert!(compare(&[5.5]).is_some_and(|message| message.contains("2 losses against 1")));
    }

    #[test]
    fn tf32_is_allowed_more_by_itself_and_not_to_those_beside_it() {
        let tf32 = |loss| Contender { precision: Precision::Tf32, ..contender("cuda (TF32)", &[loss, 5.4]) };
        let found = |loss: f64, exact: f64| {
            disagreements(&[tf32(loss), contender("flex", &[5.5, 5.4]), contender("PyTorch", &[exact, 5.4])])
        };
        assert_eq!(found(5.500_3, 5.5), Vec::<String>::new());
        assert!(found(5.501, 5.5)[0].starts_with("flex and cuda (TF32)"));
        assert!(found(5.500_3, 5.500_3)[0].starts_with("flex and PyTorch"));
    }
}
