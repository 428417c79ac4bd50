//! One way to find values and to train the target with them, over seeds: a row of the table, a strip of the figure.

use std::fmt;

use mup_study::Record;
use mup_transfer::Spent;
use serde::Serialize;

use super::runs::TargetRun;

/// One way, with what came of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Arm {
    pub(crate) what: String,
    /// What finding the values cost, a mean over repetitions.
    pub(crate) tuning: Spent,
    pub(crate) runs: Vec<Run>,
    /// Whether it is the subject, which the figure colors.
    pub(crate) subject: bool,
}

/// A run of the target, of which nothing is known before it has ended.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Run {
    #[serde(skip)]
    pub(crate) asked: TargetRun,
    pub(crate) seed: u64,
    /// For people.
    pub(crate) values: String,
    pub(crate) ended: Option<Ended>,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Ended {
    /// Training loss; none if it diverged.
    pub(crate) loss: Option<f64>,
    pub(crate) validation: Option<f64>,
    pub(crate) parameters: u64,
    pub(crate) spent: Spent,
}

impl<T> From<&Record<T>> for Ended {
    fn from(record: &Record<T>) -> Self {
        let curve = &record.curve;
        let spent = Spent::default().and_run(curve, record.seconds);
        Self { loss: record.outcome.loss(), validation: curve.validation, parameters: curve.parameters, spent }
    }
}

impl Run {
    pub(crate) fn new(asked: TargetRun) -> Self {
        Self { seed: asked.seed, values: asked.values.to_string(), asked, ended: None }
    }
}

impl Arm {
    pub(crate) fn new(what: impl Into<String>, tuning: Spent, runs: impl IntoIterator<Item = TargetRun>) -> Self {
        Self { what: what.into(), tuning, runs: runs.into_iter().map(Run::new).collect(), subject: false }
    }

    /// The same as the subject.
    pub(crate) fn subject(self) -> Self {
        Self { subject: true, ..self }
    }

    /// Losses of the runs that have ended, infinite where one diverged, with their seeds.
    pub(crate) fn losses(&self) -> Vec<(u64, f64)> {
        let loss = |run: &Run| Some((run.seed, run.ended.as_ref()?.loss.unwrap_or(f64::INFINITY)));
        self.runs.iter().filter_map(loss).collect()
    }

    /// The loss that a share of the runs does not exceed, diverged ones being the worst; by nearest rank.
    pub(crate) fn percentile(&self, percent: usize) -> Option<f64> {
        let mut losses: Vec<f64> = self.losses().into_iter().map(|(_, loss)| loss).collect();
        losses.sort_by(f64::total_cmp);
        let rank = (percent * losses.len()).div_ceil(100).max(1);
        losses.get(rank - 1).copied()
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        mean(self.losses().into_iter().map(|(_, loss)| loss))
    }

    fn validation(&self) -> Option<f64> {
        mean(self.runs.iter().filter_map(|run| Some(run.ended.as_ref()?.validation.unwrap_or(f64::INFINITY))))
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// What the runs of an arm that have ended consumed.
pub(crate) fn spent(arm: &Arm) -> Spent {
    total(arm.runs.iter().filter_map(|run| Some(run.ended.as_ref()?.spent)))
}

fn total(each: impl Iterator<Item = Spent>) -> Spent {
    each.fold(Spent::default(), |sum, spent| Spent {
        runs: sum.runs + spent.runs,
        parameter_tokens: sum.parameter_tokens + spent.parameter_tokens,
        seconds: sum.seconds + spent.seconds,
        counted_flops: sum.counted_flops + spent.counted_flops,
        runs_counted: sum.runs_counted + spent.runs_counted,
    })
}

/// The mean over repetitions; of runs the nearest whole number.
pub(crate) fn mean_spent(each: &[Spent]) -> Spent {
    let (total, n) = (total(each.iter().copied()), each.len().max(1) as f64);
    let runs = (total.runs as f64 / n).round() as u64;
    Spent {
        runs,
        parameter_tokens: total.parameter_tokens / n,
        seconds: total.seconds / n,
        counted_flops: total.counted_flops / n,
        // As with the total, either all are counted or what is counted is not all.
        runs_counted: if total.runs_counted == total.runs { runs } else { 0 },
    }
}

/// The run of the most operations: one of the target that got to its end, once there is one.
pub(crate) fn largest(arms: &[Arm]) -> Option<&Ended> {
    let ended = arms.iter().flat_map(|arm| &arm.runs).filter_map(|run| run.ended.as_ref());
    let size = |ended: &Ended| ended.spent.flops().unwrap_or(6.0 * ended.spent.parameter_tokens);
    ended.max_by(|a, b| size(a).total_cmp(&size(b)))
}

/// A loss for people.
pub(crate) fn told(loss: Option<f64>) -> String {
    match loss {
        None => "–".to_owned(),
        Some(loss) if loss.is_finite() => format!("{loss:.4}"),
        Some(_) => "diverged".to_owned(),
    }
}

/// The arms as a table; compute as shares of one run of the target, once one has ended.
pub(crate) fn table(f: &mut fmt::Formatter<'_>, arms: &[Arm], target: Option<Spent>) -> fmt::Result {
    let share = |tuning: &Spent| {
        let quotient = |part: f64, whole: f64| format!("{:.3}", part / whole);
        let operations = tuning.flops().zip(target.and_then(|target| target.flops()));
        match (target, tuning.runs) {
            (_, 0) => "0".to_owned(),
            (None, runs) => format!("{runs} runs"),
            (Some(target), runs) => format!(
                "{} ({}), {runs} runs, {:.0} s",
                operations.map_or_else(|| "–".to_owned(), |(tuning, target)| quotient(tuning, target)),
                quotient(tuning.parameter_tokens, target.parameter_tokens),
                tuning.seconds
            ),
        }
    };
    writeln!(
        f,
        "| the target trained with | mean loss | by seed | validation | tuning: operations (parameters × tokens) | values |"
    )?;
    writeln!(f, "|---|---|---|---|---|---|")?;
    for arm in arms {
        let by_seed: Vec<String> =
            arm.losses().iter().map(|(seed, loss)| format!("{seed}: {}", told(Some(*loss)))).collect();
        let mut values: Vec<&str> = arm.runs.iter().map(|run| run.values.as_str()).collect();
        values.dedup();
        let (mean, validation, tuning) = (told(arm.mean()), told(arm.validation()), share(&arm.tuning));
        let (what, by_seed, values) = (&arm.what, by_seed.join(", "), values.join("; "));
        writeln!(f, "| {what} | {mean} | {by_seed} | {validation} | {tuning} | {values} |")?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use mup_study::Values;

    use super::*;

    /// An arm whose runs have ended with these losses, from seed 0.
    pub(crate) fn ended(what: &str, losses: &[Option<f64>]) -> Arm {
        let run = |seed| TargetRun::new(Path::new("study"), "mup", Values::default(), seed);
        let mut arm = Arm::new(what, Spent::default(), (0..losses.len() as u64).map(run));
        for (run, loss) in arm.runs.iter_mut().zip(losses) {
            run.ended = Some(Ended { loss: *loss, validation: *loss, parameters: 1, spent: Spent::default() });
        }
        arm
    }

    #[test]
    fn percentiles_are_of_all_runs_and_diverged_ones_are_the_worst() {
        let arm = ended("x", &[Some(3.0), Some(1.0), Some(2.0), None]);
        let at = [0, 25, 50, 75, 100].map(|percent| arm.percentile(percent));
        assert_eq!(at, [Some(1.0), Some(1.0), Some(2.0), Some(3.0), Some(f64::INFINITY)]);
        assert_eq!([told(at[4]), told(at[0]), told(ended("none", &[]).mean())], ["diverged", "1.0000", "–"]);
    }

    #[test]
    fn tuning_is_a_mean_over_repetitions_and_shares_are_of_a_run_that_got_to_its_end() {
        let of = |runs, counted_flops| Spent { runs, runs_counted: runs, counted_flops, ..Spent::default() };
        let mean = mean_spent(&[of(4, 4.0), of(5, 8.0)]);
        assert_eq!((mean.runs, mean.flops()), (5, Some(6.0)));
        assert_eq!(mean_spent(&[of(4, 4.0), Spent { runs: 4, ..Spent::default() }]).flops(), None);
        let mut arms = [ended("diverged soon", &[None]), ended("got to its end", &[Some(1.0)])];
        for (arm, flops) in arms.iter_mut().zip([1.0, 10.0]) {
            arm.runs[0].ended.as_mut().expect("ended").spent = of(1, flops);
        }
        assert_eq!(largest(&arms).and_then(|ended| ended.spent.flops()), Some(10.0));
    }
}
