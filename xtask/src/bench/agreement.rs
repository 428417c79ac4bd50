//! Whether two contestants compute the same.

use super::measured::Contender;

/// Relative difference of losses that rounding explains. A loss in f32 is a mean over many tokens of numbers near 6, each
/// with some 1e-7 of rounding per operation. After a step, Adam has turned the sign of every gradient that is zero but for
/// rounding into a whole update; the loss does not depend on those weights to first order. Seen before any step is 2e-7
/// and after three 3e-6, on tiny shapes; the approximate GELU in place of the exact one gives 3e-5, anything else more.
const TOLERANCE: f64 = 1e-5;

/// How the losses of two contestants differ by more than rounding, if they do.
pub(super) fn disagreement(contenders: &[Contender]) -> Option<String> {
    let (first, others) = contenders.split_first()?;
    others.iter().find_map(|other| {
        let same_number = first.losses.len() == other.losses.len() && !first.losses.is_empty();
        let pairs = first.losses.iter().zip(&other.losses).enumerate();
        let agree = |a: f64, b: f64| (a - b).abs() / a.abs() <= TOLERANCE;
        // Nothing agrees with NaN.
        let mut wrong = pairs.filter(|(_, (a, b))| !agree(**a, **b));
        let names = format!("{} and {} do not compute the same", first.name, other.name);
        match wrong.next() {
            _ if !same_number => Some(format!("{names}: {} losses against {}", first.losses.len(), other.losses.len())),
            Some((step, (a, b))) => Some(format!(
                "{names}: after {step} steps from the same weights on the same tokens the losses are {a} and {b}; the \
                 relative tolerance is {TOLERANCE:e}"
            )),
            None => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measured::{Kind, Memory};

    fn contender(name: &str, losses: &[f64]) -> Contender {
        let memory = Memory { before: None, peak: None };
        Contender { name: name.to_owned(), kind: Kind::Ours, losses: losses.to_vec(), repetitions: Vec::new(), memory }
    }

    fn compare(theirs: &[f64]) -> Option<String> {
        disagreement(&[contender("flex", &[5.5, 5.4]), contender("PyTorch", theirs)])
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
}
