//! Whether a run learned anything at all: of one that did not, nothing follows but that its rate is too low.

use mup_study::{Outcome, StudyRecord};

/// A fall, in shares of the first loss, that is no learning.
const NO_FALL: f64 = 0.002;
/// Standard errors that a fall has to have.
const ERRORS: f64 = 4.0;
/// How far a loss may stray from its start, in shares of it, without having learned something and lost it.
const STRAY: f64 = 0.1;

/// Whether the loss stayed where it began, but for what batches differ by.
pub(super) fn learned_nothing(record: &StudyRecord) -> bool {
    match record.outcome {
        Outcome::LearnedNothing { .. } => true,
        Outcome::Finished { .. } => is_flat(&record.curve.losses),
        _ => false,
    }
}

/// False for fewer than three losses.
pub(super) fn is_flat(losses: &[f64]) -> bool {
    let Some(first) = losses.first().filter(|_| losses.len() > 2) else { return false };
    let part = (losses.len() / 10).max(1);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let fall = mean(&losses[..part]) - mean(&losses[losses.len() - part..]);
    // From step to step, so that no trend counts as noise.
    let squares = losses.windows(2).map(|pair| (pair[1] - pair[0]).powi(2) / 2.0);
    let noise = (squares.sum::<f64>() / (losses.len() - 1) as f64).sqrt();
    let chance = ERRORS * noise * (2.0 / part as f64).sqrt();
    let strays = losses.iter().any(|loss| (loss - first).abs() > STRAY * first.abs());
    !strays && fall <= (NO_FALL * first.abs()).max(chance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::forest::normal;

    #[test]
    fn a_loss_that_only_batches_change_is_flat_and_one_that_falls_is_not() {
        let mut normal = normal(3);
        let mut losses = |steps: usize, fall: f64, noise: f64| -> Vec<f64> {
            (0..steps).map(|i| 4.58 - fall * i as f64 / steps as f64 + noise * normal()).collect()
        };
        for steps in [3, 20, 200, 2000] {
            for noise in [0.0, 1e-6, 0.05] {
                assert!(is_flat(&losses(steps, 1e-4, noise)), "{steps} steps, noise {noise}");
                assert!(!is_flat(&losses(steps, 2.0, noise)), "{steps} steps, noise {noise}");
            }
        }
        assert!(!is_flat(&losses(200, 0.1, 0.01)), "a slow fall is a fall");
        assert!(is_flat(&[4.58; 30]) && is_flat(&[-1e-8; 30]));
        assert!(!is_flat(&[4.58]) && !is_flat(&[4.58, 4.58]), "too few to say");
        assert!(!is_flat(&[4.58, 1.0, 9.0, 4.58, 4.58]), "it learned something, and lost it");
    }
}
