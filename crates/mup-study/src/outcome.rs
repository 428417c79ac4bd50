//! How a trial ended: a loss or divergence, which are results, or a failure, which can be tried again.

use serde::{Deserialize, Serialize};

use crate::TrialCurve;
use crate::quote::{last_line, quoted};
use crate::start::{self, Start, of_noisy};

/// How many of the last steps the final training loss averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smoothing {
    /// Steps.
    pub last: usize,
}

impl Smoothing {
    /// A tenth of a run, at least one step.
    #[must_use]
    pub fn tenth_of(steps: usize) -> Self {
        Self { last: (steps / 10).max(1) }
    }

    fn mean(self, losses: &[f64]) -> f64 {
        let last = &losses[losses.len().saturating_sub(self.last.max(1))..];
        let (sum, n) = (last.iter().sum::<f64>(), last.len() as f64);
        // Of finite losses the mean is finite even where the sum is not.
        if sum.is_finite() { sum / n } else { last.iter().map(|loss| loss / n).sum() }
    }
}

/// Why a trial did not get to its end. Unlike divergence it says nothing of the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Failure {
    /// The program ended with this code.
    Exit {
        /// Its exit code.
        code: i32,
        /// The end of what it said, on either stream.
        said: String,
    },
    /// The program was killed.
    Signal {
        /// The signal's number.
        signal: i32,
        /// The end of what it said, on either stream.
        said: String,
    },
    /// Memory ran out.
    OutOfMemory {
        /// The end of what it said, on either stream.
        said: String,
    },
    /// It took longer than it may.
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// It ended well, but reported less than it was asked for.
    Short {
        /// Steps with a loss.
        reported: usize,
        /// Steps asked for.
        asked: usize,
    },
    /// What it reported is no report.
    Malformed {
        /// What is wrong, with the line.
        reason: String,
    },
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = |said: &String| last_line(said).map_or_else(String::new, |line| format!(": {line}"));
        match self {
            Self::Exit { code, said } => write!(f, "exit code {code}{}", last(said)),
            Self::Signal { signal, said } => write!(f, "killed by signal {signal}{}", last(said)),
            Self::OutOfMemory { said } => write!(f, "out of memory{}", last(said)),
            Self::TimedOut { seconds } => write!(f, "not done after {seconds} s"),
            Self::Short { reported: 0, asked } => {
                write!(
                    f,
                    "reported none of its {asked} steps: print {{\"step\": 0, \"loss\": 5.0}} for each, or every few"
                )
            }
            Self::Short { reported, asked } => {
                write!(
                    f,
                    "reported {reported} of {asked} steps: it ended early, or trained all and did not print `step` with every loss"
                )
            }
            Self::Malformed { reason } => f.write_str(&quoted(reason, 0, 1000)),
        }
    }
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The training loss, smoothed over the last steps: the metric of the choice (TP-V App. A).
    Finished {
        /// Mean over the last steps.
        loss: f64,
    },
    /// The loss became infinite or not a number.
    NotFinite {
        /// The first step, from 0, whose loss was not finite.
        step: usize,
    },
    /// The loss stayed where it started, as with a rate that is too low: no divergence, and not the worst of all results.
    LearnedNothing {
        /// Loss of the first step, or the mean over the first tenth where that is within the noise.
        first: f64,
        /// Mean over the last steps.
        last: f64,
        /// Steps of the run, where they are too few ([`Outcome::FEWEST_STEPS`]) to say why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        few: Option<usize>,
    },
    /// The loss ended above where it started.
    AboveStart {
        /// Loss of the first step, or the mean over the first tenth where that is within the noise.
        first: f64,
        /// Mean over the last steps.
        last: f64,
    },
    /// The run did not get to its end.
    Failed(Failure),
}

/// How far above its start a loss may end, and how far it may stray on the way, if nothing was learned; in shares of
/// its start. Batches differ by more than what a rate that is too low changes.
const STAYED: [f64; 2] = [0.01, 0.1];

/// What else a small rise may be.
const NOISE: &str = "; or its losses are noisy: report means over more batches";

impl Outcome {
    /// A run of fewer steps may have learned nothing because it is short, and their losses do not tell a trend from noise.
    pub const FEWEST_STEPS: usize = start::FEWEST;

    /// Judges a run that got to its end. No steps at all count as not finite. A first loss that lies below the last ones by
    /// no more than the noise of single losses explains is no start to be above: the mean over the first tenth is.
    #[must_use]
    pub fn judge(curve: &TrialCurve, smoothing: Smoothing) -> Self {
        let not_finite = curve.losses.iter().position(|loss| !loss.is_finite()).map(|index| curve.step(index));
        if let Some(step) = not_finite.or(curve.not_finite) {
            return Self::NotFinite { step };
        }
        let losses = &curve.losses;
        let Some(&first) = losses.first() else { return Self::NotFinite { step: 0 } };
        let last = smoothing.mean(losses);
        let few = Some(curve.n_steps()).filter(|steps| *steps < Self::FEWEST_STEPS);
        if losses.len() == 1 || last <= first {
            return Self::Finished { loss: last };
        }
        if let Some(Start { mean, rose }) = of_noisy(losses, last) {
            return match (last <= mean, rose) {
                (true, _) => Self::Finished { loss: last },
                (false, false) => Self::LearnedNothing { first: mean, last, few },
                (false, true) => Self::AboveStart { first: mean, last },
            };
        }
        let [ends, strays] = STAYED.map(|share| share * first.abs());
        if last - first <= ends && losses.iter().all(|loss| (loss - first).abs() <= strays) {
            return Self::LearnedNothing { first, last, few };
        }
        Self::AboveStart { first, last }
    }

    /// Judges losses of steps 0, 1, 2, …, as [`judge`](Self::judge) does.
    #[must_use]
    pub fn of(losses: &[f64], smoothing: Smoothing) -> Self {
        Self::judge(&TrialCurve { losses: losses.to_vec(), ..TrialCurve::default() }, smoothing)
    }

    /// The final training loss; none for a diverged or failed trial.
    #[must_use]
    pub fn loss(&self) -> Option<f64> {
        match self {
            Self::Finished { loss } | Self::LearnedNothing { last: loss, .. } => Some(*loss),
            Self::NotFinite { .. } | Self::AboveStart { .. } | Self::Failed(_) => None,
        }
    }

    /// Whether it ended so little above its start that noise may be the cause.
    #[must_use]
    pub fn hardly_above(&self) -> bool {
        matches!(self, Self::AboveStart { first, last } if last - first <= STAYED[1] * first.abs())
    }

    /// Whether the run itself failed, which can be tried again.
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Finished { loss } if loss.abs() >= 1e6 => write!(f, "{loss:.4e}"),
            Self::Finished { loss } => write!(f, "{loss:.4}"),
            Self::NotFinite { step } => write!(f, "diverged (not finite at step {step})"),
            Self::LearnedNothing { first, last, few: Some(steps) } => {
                write!(f, "{last:.4} (no lower than {first:.4}, where it began: {steps} steps are too few to say why)")
            }
            Self::LearnedNothing { first, last, few: None } => {
                write!(f, "{last:.4} (learned nothing, from {first:.4}: is the rate too low?)")
            }
            Self::AboveStart { first, last } => {
                write!(f, "diverged (from {} to {}", digits(*first), digits(*last))?;
                f.write_str(if self.hardly_above() { NOISE } else { "" })?;
                f.write_str(")")
            }
            Self::Failed(failure) => write!(f, "failed ({failure})"),
        }
    }
}

/// A loss with two digits, or what is too long for that as a power of ten.
fn digits(loss: f64) -> String {
    if loss.abs() < 1e6 { format!("{loss:.2}") } else { format!("{loss:.2e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_ends_above_its_start_has_diverged() {
        let smoothing = Smoothing { last: 2 };
        assert_eq!(Outcome::of(&[5.0, 4.0, 3.0, 2.0], smoothing), Outcome::Finished { loss: 2.5 });
        assert_eq!(Outcome::of(&[5.0, 4.0, 6.0, 8.0], smoothing), Outcome::AboveStart { first: 5.0, last: 7.0 });
        assert_eq!(Outcome::of(&[5.0, f64::NAN, 1.0], smoothing), Outcome::NotFinite { step: 1 });
        assert_eq!(Outcome::of(&[f64::INFINITY], smoothing), Outcome::NotFinite { step: 0 });
        assert_eq!(Outcome::of(&[], smoothing), Outcome::NotFinite { step: 0 });
    }

    #[test]
    fn a_loss_that_stays_where_it_started_has_not_diverged() {
        let smoothing = Smoothing { last: 2 };
        let low = Outcome::of(&[4.58, 4.61, 4.55, 4.582, 4.583], smoothing);
        assert!(matches!(low, Outcome::LearnedNothing { first, last, .. } if first < last), "{low:?}");
        assert_eq!(low.loss(), Some((4.582 + 4.583) / 2.0), "it takes part with its loss");
        assert!(!low.to_string().contains("diverged"), "{low}");
        // It strayed, so something was learned, and lost.
        assert!(matches!(Outcome::of(&[4.58, 9.0, 4.58, 4.59], smoothing), Outcome::AboveStart { .. }));
        assert!(matches!(Outcome::of(&[4.58, 4.6, 4.65, 4.7], smoothing), Outcome::AboveStart { .. }));
        assert!(matches!(Outcome::of(&[0.0, 0.001], smoothing), Outcome::AboveStart { .. }));
    }

    #[test]
    fn of_a_run_that_is_too_short_to_learn_nobody_says_that_its_rate_is_too_low() {
        let smoothing = Smoothing { last: 1 };
        let said = |steps: usize| Outcome::of(&[vec![4.58; steps - 1], vec![4.581]].concat(), smoothing).to_string();
        assert_eq!(said(19), "4.5810 (no lower than 4.5800, where it began: 19 steps are too few to say why)");
        assert_eq!(said(20), "4.5810 (learned nothing, from 4.5800: is the rate too low?)");
        // A loss for every hundredth step.
        let steps = vec![0, 100, 200];
        let curve = TrialCurve { losses: vec![4.58, 4.58, 4.581], steps, ..TrialCurve::default() };
        assert!(Outcome::judge(&curve, smoothing).to_string().contains("learned nothing"));
    }

    /// In −1..1, without a pattern.
    fn chance(i: usize, seed: u64) -> f64 {
        let mut bits =
            (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (seed + 1).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 29).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn noisy(seed: u64, n: usize, noise: f64, level: impl Fn(f64) -> f64) -> Vec<f64> {
        (0..n).map(|i| level(i as f64 / n as f64) + noise * chance(i, seed)).collect()
    }

    #[test]
    fn one_low_first_loss_of_a_noisy_run_that_learns_is_no_divergence() {
        let smoothing = Smoothing { last: 10 };
        for seed in 0..100 {
            let mut losses = noisy(seed, 100, 0.3, |share| 3.6 - 0.25 * share);
            losses[0] = 3.33;
            let outcome = Outcome::of(&losses, smoothing);
            assert!(matches!(outcome, Outcome::Finished { .. } | Outcome::LearnedNothing { .. }), "{seed}: {outcome}");
            let mut flat = noisy(seed, 100, 0.2, |_| 4.58);
            flat[0] = 4.39;
            let outcome = Outcome::of(&flat, smoothing);
            assert!(outcome.loss().is_some(), "{seed}: {outcome}");
        }
    }

    #[test]
    fn noise_hides_no_divergence() {
        let smoothing = Smoothing { last: 10 };
        let diverged = |losses: &[f64]| matches!(Outcome::of(losses, smoothing), Outcome::AboveStart { .. });
        for seed in 0..100 {
            // To a noisy plateau; by a spike and back to where nothing is known; little by little.
            let mut plateau = noisy(seed, 100, 3.0, |share| if share < 0.02 { 5.5 } else { 8.0 });
            plateau[0] = 5.5;
            assert!(diverged(&plateau), "{seed}");
            let mut back = noisy(seed, 100, 0.1, |share| 5.7 + 50.0 * (-40.0 * share).exp());
            back[0] = 5.54;
            assert!(diverged(&back), "{seed}");
            let mut slowly = noisy(seed, 100, 0.3, |share| 4.0 + share);
            slowly[0] = 4.0;
            assert!(diverged(&slowly), "{seed}");
        }
        let rising: Vec<f64> = (0..100).map(|i| 4.0 + 0.001 * f64::from(i)).collect();
        assert!(diverged(&rising));
    }

    #[test]
    fn a_small_rise_is_told_with_what_it_may_be_and_a_large_one_is_not() {
        let said = |first, last| Outcome::AboveStart { first, last }.to_string();
        assert!(said(3.33, 3.5).contains("or its losses are noisy: report means over more batches)"));
        assert_eq!(said(5.0, 7.0), "diverged (from 5.00 to 7.00)");
    }

    #[test]
    fn the_mean_of_finite_losses_is_finite_even_where_their_sum_is_not() {
        let huge = 1.7e308;
        assert_eq!(Outcome::of(&[huge; 40], Smoothing { last: 4 }), Outcome::Finished { loss: huge });
        let diverged = Outcome::of(&[50.0, huge, huge, huge], Smoothing { last: 2 });
        assert_eq!(diverged, Outcome::AboveStart { first: 50.0, last: huge });
        assert_eq!(diverged.to_string(), "diverged (from 50.00 to 1.70e308)");
        let all = Outcome::of(&[f64::MAX, -f64::MAX, f64::MAX, f64::MAX, f64::MAX], Smoothing { last: 5 });
        assert!(all.loss().is_some_and(f64::is_finite), "{all:?}");
    }

    #[test]
    fn a_single_step_is_its_own_mean() {
        assert_eq!(Outcome::of(&[5.0], Smoothing { last: 3 }), Outcome::Finished { loss: 5.0 });
    }
}
