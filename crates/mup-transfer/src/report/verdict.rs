//! The report in two sentences: what came of the transfer, and what it cost.

use super::Report;
use crate::Outcome;

impl Report {
    /// One sentence: what was tuned, and what came of it.
    #[must_use]
    pub fn verdict(&self) -> String {
        let numbers = &self.numbers;
        let Some(target) = numbers.runs.first() else { return "No target was trained.".to_owned() };
        let Some(proxy) = numbers.rate_curves.first() else { return "Nothing was tuned.".to_owned() };
        let ratio = numbers.parameter_ratio;
        let (small, large) = (proxy.width, target.trial.width);
        let tuned = format!("Tuned at width {small}, trained once at width {large} ({ratio:.1}× the parameters)");
        let control = numbers.runs.get(1).map(|run| &run.outcome);
        match (target.outcome.loss(), control, numbers.advantage) {
            (Some(loss), Some(Outcome::Finished { loss: control }), Some(advantage)) => {
                let relation = if advantage > 0.0 { "lower" } else { "higher" };
                let difference = advantage.abs();
                format!("{tuned}: training loss {loss:.3}, {difference:.3} {relation} than SP's {control:.3}.")
            }
            (Some(loss), Some(control), _) => format!("{tuned}: training loss {loss:.3}; in SP: {control}."),
            (Some(loss), None, _) => format!("{tuned}: training loss {loss:.3}."),
            (None, _, _) => format!("{tuned}: {}.", target.outcome),
        }
    }

    /// One sentence: what tuning cost, relative to the target.
    #[must_use]
    pub fn cost_sentence(&self) -> String {
        let cost = &self.circumstances.cost;
        format!(
            "Tuning took {} trials on the proxy: {:.0} % of the target's compute by the paper's formula (parameters × \
             tokens, TP-V App. F.4), {:.0} % of its seconds ({:.0} s against {:.0} s).",
            cost.tuning.runs,
            100.0 * self.numbers.cost_ratio,
            100.0 * cost.ratio_in_seconds(),
            cost.tuning.seconds,
            cost.target.seconds,
        )
    }
}
