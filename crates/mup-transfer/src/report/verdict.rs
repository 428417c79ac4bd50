//! The report in a few sentences: what was chosen, what came of the transfer, and what it cost.

use super::{FinalRun, Numbers, Report};
use crate::Cost;

impl Report {
    /// What was tuned, and what came of it.
    #[must_use]
    pub fn verdict(&self) -> String {
        let Numbers { choice, runs, trials, .. } = &self.numbers;
        let best = &choice.best;
        let survived = choice.first_warning().map(|_| " No sample survived the longer horizon: see the warnings.");
        let chosen = format!(
            "Of {} on the proxy the best reaches training loss {:.4} in {} steps.{}",
            counted(trials.len() as u64),
            best.loss,
            best.steps,
            survived.unwrap_or_default(),
        );
        let Some((target, controls)) = runs.split_first() else { return chosen };
        let ratio = self.parameter_ratio().map(|ratio| format!(", {ratio:.1}× the parameters")).unwrap_or_default();
        let trained = match target.outcome.loss() {
            Some(loss) => format!("reaches {loss:.4}"),
            None => target.outcome.to_string(),
        };
        let compared: Vec<String> = controls.iter().map(|control| compare(target, control)).collect();
        let target = format!("With its values the target ({}{ratio}) {trained}", target.size);
        match &compared[..] {
            [] => format!("{chosen} {target}."),
            compared => format!("{chosen} {target}: {}. Each is one run, of one seed.", compared.join("; ")),
        }
    }

    /// Parameters of the target over those of the proxy; none if they were not reported, or nothing was trained.
    fn parameter_ratio(&self) -> Option<f64> {
        let target = self.numbers.runs.first()?.curve.parameters;
        let proxy = self.numbers.proxy_parameters?;
        (target > 0).then(|| target as f64 / proxy as f64)
    }

    /// What tuning cost, relative to the target.
    #[must_use]
    pub fn cost_sentence(&self) -> String {
        let cost = &self.numbers.cost;
        let tuning = format!("Tuning took {} on the proxy and {:.0} s", counted(cost.tuning.runs), cost.tuning.seconds);
        if cost.target.runs == 0 {
            return format!("{tuning}.");
        }
        let shares: Vec<String> = shares(cost).into_iter().flatten().collect();
        if shares.is_empty() { format!("{tuning}.") } else { format!("{tuning}: {}.", shares.join(", ")) }
    }
}

fn counted(trials: u64) -> String {
    if trials == 1 { "1 trial".to_owned() } else { format!("{trials} trials") }
}

fn compare(target: &FinalRun, control: &FinalRun) -> String {
    let label = &control.label;
    match (target.outcome.loss(), control.outcome.loss()) {
        (Some(target), Some(control)) if target <= control => {
            format!("{:.4} lower than {label} ({control:.4})", control - target)
        }
        (Some(target), Some(control)) => format!("{:.4} higher than {label} ({control:.4})", target - control),
        _ => format!("{label} {}", control.outcome),
    }
}

fn shares(cost: &Cost) -> [Option<String>; 3] {
    let percent = |ratio: Option<f64>, of: &str| ratio.map(|ratio| format!("{:.0} % of {of}", 100.0 * ratio));
    [
        percent(cost.ratio(), "the target's compute by the paper's formula (parameters × tokens, TP-V App. F.4)"),
        percent(cost.ratio_in_flops(), "its counted floating-point operations"),
        percent(cost.ratio_in_seconds(), "its seconds"),
    ]
}
