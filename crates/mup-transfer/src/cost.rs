//! What tuning cost, relative to training the target.

use std::collections::BTreeSet;

use mup_study::{StudyRecord, TrialCurve};
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
    /// Sum of the floating-point operations of the runs that counted them.
    pub counted_flops: f64,
    /// Number of those.
    pub runs_counted: u64,
}

impl Spent {
    /// All trials of a study, diverged and failed ones included. Two places with the same content were trained once.
    #[must_use]
    pub fn of_trials(records: &[StudyRecord]) -> Self {
        let mut seen = BTreeSet::new();
        let trained = records.iter().filter(|record| seen.insert(record.trial.name()));
        trained.fold(Self::default(), |spent, record| spent.and_run(&record.curve, record.seconds))
    }

    /// The same with one more run, whose operations nobody counted.
    #[must_use]
    pub fn and(self, parameters: u64, tokens: u64, seconds: f64) -> Self {
        Self {
            runs: self.runs + 1,
            parameter_tokens: self.parameter_tokens + parameters as f64 * tokens as f64,
            seconds: self.seconds + seconds,
            ..self
        }
    }

    /// The same with one more run.
    #[must_use]
    pub fn and_run(self, curve: &TrialCurve, seconds: f64) -> Self {
        let spent = self.and(curve.parameters, curve.tokens, seconds);
        // A run that ended before its first step spent none.
        let Some(flops) = curve.flops.or(curve.losses.is_empty().then_some(0.0)) else { return spent };
        Self { counted_flops: spent.counted_flops + flops, runs_counted: spent.runs_counted + 1, ..spent }
    }

    /// Floating-point operations; none unless every run counted them.
    #[must_use]
    pub fn flops(&self) -> Option<f64> {
        (self.runs > 0 && self.runs_counted == self.runs).then_some(self.counted_flops)
    }
}

/// Tuning beside the training that it was for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// All trials on the proxy, diverged and failed ones included.
    pub tuning: Spent,
    /// The one run of the target.
    pub target: Spent,
    /// Runs that were only made to compare with.
    pub controls: Spent,
}

impl Cost {
    /// `s·(t₁N₁ + t₂N₂) / (S·T)`: proxy parameters × tokens over all trials, by target parameters × tokens. None
    /// without a target, or if the runs did not report parameters and tokens.
    ///
    /// # Reference
    ///
    /// Tensor Programs V, App. F.4.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        quotient(self.tuning.parameter_tokens, self.target.parameter_tokens)
    }

    /// The same from counted floating-point operations; none unless every run counted them.
    #[must_use]
    pub fn ratio_in_flops(&self) -> Option<f64> {
        quotient(self.tuning.flops()?, self.target.flops()?)
    }

    /// The same from operations where every run counted them, otherwise by the formula.
    #[must_use]
    pub fn ratio_of_compute(&self) -> Option<f64> {
        self.ratio_in_flops().or_else(|| self.ratio())
    }

    /// The same by the clock.
    #[must_use]
    pub fn ratio_in_seconds(&self) -> Option<f64> {
        quotient(self.tuning.seconds, self.target.seconds)
    }
}

fn quotient(tuning: f64, target: f64) -> Option<f64> {
    (tuning > 0.0 && target > 0.0).then(|| tuning / target).filter(|ratio| ratio.is_finite())
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
        let cost =
            Cost { tuning, target: Spent::default().and(6_700 * million, 300 * billion, 1.0), ..Cost::default() };
        // 40e6·(4e9·350 + 16e9·117) / (6.7e9·300e9) = 0.0651, which the paper rounds to "about 7 %".
        let ratio = cost.ratio().unwrap();
        assert!((ratio - 0.0651).abs() < 5e-5, "{ratio}");
    }

    #[test]
    fn operations_count_only_if_every_run_counted_them() {
        let losses = vec![1.0];
        let counted = TrialCurve { losses, parameters: 10, tokens: 10, flops: Some(600.0), ..TrialCurve::default() };
        let tuning = Spent::default().and_run(&counted, 1.0).and_run(&counted, 1.0);
        let tuning = tuning.and_run(&TrialCurve::default(), 0.0);
        let target = Spent::default().and_run(&TrialCurve { flops: Some(2400.0), ..counted.clone() }, 4.0);
        let cost = Cost { tuning, target, controls: Spent::default() };
        assert_eq!((cost.ratio_in_flops(), cost.ratio(), cost.ratio_in_seconds()), (Some(0.5), Some(2.0), Some(0.5)));
        assert_eq!(cost.ratio_of_compute(), cost.ratio_in_flops());
        let cost = Cost { tuning: tuning.and_run(&TrialCurve { flops: None, ..counted }, 1.0), ..cost };
        assert_eq!((cost.ratio_in_flops(), cost.ratio_of_compute()), (None, Some(3.0)));
    }

    #[test]
    fn nothing_is_divided_by_a_target_that_was_not_trained() {
        let cost = Cost { tuning: Spent::default().and(10, 10, 1.0), ..Cost::default() };
        assert_eq!((cost.ratio(), cost.ratio_in_flops(), cost.ratio_in_seconds()), (None, None, None));
    }
}
