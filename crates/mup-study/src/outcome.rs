//! How a trial ended: a loss or divergence, which are results, or a failure, which can be tried again.

use serde::{Deserialize, Serialize};

use crate::Curve;

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
        last.iter().sum::<f64>() / last.len() as f64
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
        /// The end of what it wrote to standard error.
        said: String,
    },
    /// The program was killed.
    Signal {
        /// The signal's number.
        signal: i32,
        /// The end of what it wrote to standard error.
        said: String,
    },
    /// Memory ran out.
    OutOfMemory {
        /// The end of what it wrote to standard error.
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
        let last = |said: &String| match said.trim().lines().last() {
            Some(line) => format!(": {line}"),
            None => String::new(),
        };
        match self {
            Self::Exit { code, said } => write!(f, "exit code {code}{}", last(said)),
            Self::Signal { signal: 9, said } => write!(f, "killed by signal 9, usually for memory{}", last(said)),
            Self::Signal { signal, said } => write!(f, "killed by signal {signal}{}", last(said)),
            Self::OutOfMemory { said } => write!(f, "out of memory{}", last(said)),
            Self::TimedOut { seconds } => write!(f, "not done after {seconds} s"),
            Self::Short { reported, asked } => write!(f, "reported {reported} of {asked} steps"),
            Self::Malformed { reason } => f.write_str(reason),
        }
    }
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// The loss ended above where it started.
    AboveStart {
        /// Loss of the first step.
        first: f64,
        /// Mean over the last steps.
        last: f64,
    },
    /// The run did not get to its end.
    Failed(Failure),
}

impl Outcome {
    /// Judges a run that got to its end. No steps at all count as not finite.
    #[must_use]
    pub fn judge(curve: &Curve, smoothing: Smoothing) -> Self {
        let not_finite = curve.losses.iter().position(|loss| !loss.is_finite()).map(|index| curve.step(index));
        if let Some(step) = not_finite.or(curve.not_finite) {
            return Self::NotFinite { step };
        }
        let losses = &curve.losses;
        let Some(&first) = losses.first() else { return Self::NotFinite { step: 0 } };
        let last = smoothing.mean(losses);
        if losses.len() > 1 && last > first { Self::AboveStart { first, last } } else { Self::Finished { loss: last } }
    }

    /// Judges losses of steps 0, 1, 2, …, as [`judge`](Self::judge) does.
    #[must_use]
    pub fn of(losses: &[f64], smoothing: Smoothing) -> Self {
        Self::judge(&Curve { losses: losses.to_vec(), ..Curve::default() }, smoothing)
    }

    /// The final training loss; none for a diverged or failed trial.
    #[must_use]
    pub fn loss(&self) -> Option<f64> {
        match self {
            Self::Finished { loss } => Some(*loss),
            Self::NotFinite { .. } | Self::AboveStart { .. } | Self::Failed(_) => None,
        }
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
            Self::Finished { loss } => write!(f, "{loss:.4}"),
            Self::NotFinite { step } => write!(f, "diverged (not finite at step {step})"),
            Self::AboveStart { first, last } => write!(f, "diverged (from {first:.2} to {last:.2})"),
            Self::Failed(failure) => write!(f, "failed ({failure})"),
        }
    }
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
    fn a_single_step_is_its_own_mean() {
        assert_eq!(Outcome::of(&[5.0], Smoothing { last: 3 }), Outcome::Finished { loss: 5.0 });
    }
}
