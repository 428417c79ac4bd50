//! What tuning cost, relative to training the target.

use serde::{Deserialize, Serialize};

/// What a set of training runs consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Number of runs.
    pub runs: u64,
    /// Sum over runs of parameters × tokens: compute up to the factor 6.
    pub parameter_tokens: f64,
    /// Sum of wall-clock seconds.
    pub seconds: f64,
}

impl Spent {
    /// The same with one more run.
    #[must_use]
    pub fn and(self, parameters: u64, tokens: u64, seconds: f64) -> Self {
        Self {
            runs: self.runs + 1,
            parameter_tokens: self.parameter_tokens + parameters as f64 * tokens as f64,
            seconds: self.seconds + seconds,
        }
    }
}

/// Tuning beside the training that it was for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// All trials on the proxy.
    pub tuning: Spent,
    /// The one run of the target.
    pub target: Spent,
}

impl Cost {
    /// `s·(t₁N₁ + t₂N₂) / (S·T)`: proxy parameters × tokens over all trials, by target parameters × tokens.
    ///
    /// # Reference
    ///
    /// Tensor Programs V, App. F.4.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.tuning.parameter_tokens / self.target.parameter_tokens
    }

    /// The same by the clock.
    #[must_use]
    pub fn ratio_in_seconds(&self) -> f64 {
        self.tuning.seconds / self.target.seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_s_arithmetic_for_gpt_3_is_seven_percent() {
        let million = 1_000_000;
        let billion = 1_000 * million;
        let mut tuning = Spent::default();
        for (tokens, runs) in [(4 * billion, 350), (16 * billion, 117)] {
            tuning = (0..runs).fold(tuning, |spent, _| spent.and(40 * million, tokens, 1.0));
        }
        let cost = Cost { tuning, target: Spent::default().and(6_700 * million, 300 * billion, 1.0) };
        // 40e6·(4e9·350 + 16e9·117) / (6.7e9·300e9) = 0.0651, which the paper rounds to "about 7 %".
        assert!((cost.ratio() - 0.0651).abs() < 5e-5, "{}", cost.ratio());
    }
}
