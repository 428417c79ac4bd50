//! What the experiment found: a table, numbers, a figure.

use std::fmt;

use mup_study::{Outcome, TrialCurve};
use serde::Serialize;

/// What a set of runs consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Compute {
    pub(crate) runs: usize,
    pub(crate) flops: f64,
    /// Wall-clock seconds, side by side with others: not reproducible.
    #[serde(skip)]
    pub(crate) seconds: f64,
}

/// One way to train the target.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) values: String,
    pub(crate) loss: Option<f64>,
    pub(crate) validation: Option<f64>,
    /// Of finding the values.
    pub(crate) tuning: Compute,
}

/// The same way to tune, repeated with other samples.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Repetitions {
    pub(crate) what: String,
    /// Of those that finished, ascending.
    pub(crate) losses: Vec<f64>,
    pub(crate) diverged: usize,
    /// Of one repetition.
    pub(crate) tuning: Compute,
}

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Results {
    /// Of proxy and target.
    pub(crate) parameters: [u64; 2],
    pub(crate) rows: Vec<Row>,
    pub(crate) repetitions: Vec<Repetitions>,
    /// Of one run of the target.
    pub(crate) target_flops: f64,
}

impl Compute {
    pub(crate) fn of<'a>(runs: impl Iterator<Item = (&'a TrialCurve, f64)>) -> Self {
        runs.fold(Self::default(), |sum, (curve, seconds)| Self {
            runs: sum.runs + 1,
            flops: sum.flops + curve.flops.unwrap_or(f64::NAN),
            seconds: sum.seconds + seconds,
        })
    }
}

impl Row {
    pub(crate) fn new(what: &str, outcome: &Outcome, curve: &TrialCurve, values: String, tuning: Compute) -> Self {
        let (loss, validation) = (outcome.loss(), curve.validation);
        Self { what: what.to_owned(), values, loss, validation, tuning }
    }
}

impl Repetitions {
    pub(crate) fn new<'a>(what: &str, outcomes: impl Iterator<Item = &'a Outcome>, tuning: Compute) -> Self {
        let all: Vec<Option<f64>> = outcomes.map(Outcome::loss).collect();
        let mut losses: Vec<f64> = all.iter().copied().flatten().collect();
        losses.sort_by(f64::total_cmp);
        Self { what: what.to_owned(), diverged: all.len() - losses.len(), losses, tuning }
    }

    /// The loss that a share of all repetitions does not exceed, diverged ones being the worst; by nearest rank.
    pub(crate) fn percentile(&self, percent: usize) -> Option<f64> {
        let n = self.losses.len() + self.diverged;
        let rank = (percent * n).div_ceil(100).max(1);
        self.losses.get(rank - 1).copied()
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [proxy, target] = self.parameters;
        let ratio = target as f64 / proxy as f64;
        writeln!(f, "Proxy {proxy} parameters, target {target} ({ratio:.1}×). Compute in runs of the target.\n")?;
        let number = |loss: Option<f64>| loss.map_or_else(|| "diverged".to_owned(), |loss| format!("{loss:.4}"));
        writeln!(f, "| the target trained | training loss | validation loss | tuning compute | values |")?;
        writeln!(f, "|---|---|---|---|---|")?;
        for Row { what, values, loss, validation, tuning } in &self.rows {
            let share = tuning.flops / self.target_flops;
            let (loss, validation) = (number(*loss), number(*validation));
            writeln!(f, "| {what} | {loss} | {validation} | {share:.2} ({} runs) | {values} |", tuning.runs)?;
        }
        writeln!(f, "\n| repeated tuning | runs | diverged | best | 25 % | median | 75 % | worst | tuning compute |")?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|")?;
        for repetitions in &self.repetitions {
            let Repetitions { what, losses, diverged, tuning } = repetitions;
            let share = tuning.flops / self.target_flops;
            let at = |percent| number(repetitions.percentile(percent));
            let [best, low, median, high, worst] = [0, 25, 50, 75, 100].map(at);
            let n = losses.len() + diverged;
            writeln!(f, "| {what} | {n} | {diverged} | {best} | {low} | {median} | {high} | {worst} | {share:.2} |")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_all_repetitions_and_diverged_ones_are_the_worst() {
        let losses = [3.0, 1.0, 2.0].map(|loss| Outcome::Finished { loss });
        let diverged = Outcome::NotFinite { step: 0 };
        let repetitions = Repetitions::new("x", losses.iter().chain([&diverged]), Compute::default());
        let at = [0, 25, 50, 75, 100].map(|percent| repetitions.percentile(percent));
        assert_eq!(at, [Some(1.0), Some(1.0), Some(2.0), Some(3.0), None]);
    }
}
