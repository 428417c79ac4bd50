//! The control that may spend what tuning spent: SP, its rate swept at the target itself.
//!
//! As (b₁) of docs/experiment.md, for its reasons: the rate alone, over few steps with a warm-up and a decay of their own,
//! and on beyond an edge, but within the compute. Short runs like higher rates, so the best is lowered for the whole run.

use std::collections::BTreeSet;

use mup_rules::{RunLaw, Variable};
use mup_study::cli::say;
use mup_study::{Outcome, Record, Setting, Trial, TrialCurve, Values, rounded};
use mup_sweep::{Edge, Optimum, Point};
use mup_train::{FamilyError, LEARNING_RATE};
use mup_transfer::report::Tuning;
use mup_transfer::{Cost, Spent};

use super::arguments::CheckpointArguments;
use super::opened::Opened;
use super::target::TargetTraining;
use super::values::rate;
use crate::any_family::parameters;
use crate::output::octaves;
use crate::{AnyFamily, TargetRunArguments};

/// How controls are parametrized.
pub(super) const STANDARD: &str = "standard";
/// Rates that are tried.
const RATES: usize = 4;
/// Added to the seed: tuning reads other batches than the target.
const OTHER_BATCHES: u64 = 100;

/// What SP is trained with at the target, and how that was found.
pub(super) struct Tuned {
    pub(super) values: Values,
    /// How, in a legend: for which compute, and whether the best rate is the lowest or the highest that was tried.
    pub(super) label: String,
    pub(super) tuning: Tuning,
}

/// What there is of a sweep.
#[derive(Default)]
pub(super) struct Known {
    /// None as long as a run of it has no record, or if every rate diverged.
    pub(super) tuned: Option<Tuned>,
    /// Its runs by their ids, which are none of the target.
    pub(super) swept: BTreeSet<String>,
}

/// Sweeps SP's rate at the target, as far as no record has it; none, and why, where the compute is too little for that.
pub(super) fn tune(opened: &Opened<'_>, checkpoints: &CheckpointArguments) -> Result<Option<Values>, FamilyError> {
    let sweep = Sweep::of(opened)?;
    if let Some(reason) = sweep.obstacle()? {
        say(format!("\nThe rate of SP is not tuned at the target as a control: {reason}"));
        return Ok(None);
    }
    let (n, steps) = (RATES, sweep.short.target.steps);
    let share = sweep.share().map(|share| format!("{share} of the compute that"));
    let cost = format!("for {} tuning took", share.as_deref().unwrap_or("as much compute as"));
    say(format!("\nAs a control the rate of SP is tuned at the target, {cost}: {n} rates over {steps} steps"));
    let tuned = sweep.tuned(&sweep.run(checkpoints)?)?;
    say(match &tuned {
        Some(Tuned { tuning, .. }) => format!("  {}", tuning.by),
        None => "  every rate diverged, so there is no such control".to_owned(),
    });
    Ok(tuned.map(|tuned| tuned.values))
}

/// What a sweep has found so far. Only reads.
pub(super) fn known(opened: &Opened<'_>) -> Result<Known, FamilyError> {
    // Whoever has no SP has no sweep of it.
    if opened.proxy.parametrization == STANDARD || opened.target_plan(STANDARD, &Values::default()).is_err() {
        return Ok(Known::default());
    }
    let sweep = Sweep::of(opened)?;
    let found = sweep.records()?;
    let swept = found.records.iter().map(|record| record.trial.id()).collect();
    Ok(Known { tuned: sweep.tuned(&found)?, swept })
}

/// What was tried so far: as octaves above the family's own rate, with losses, and in order of the rates.
#[derive(Default)]
struct Swept {
    points: Vec<Point>,
    records: Vec<Record<Trial>>,
}

struct Sweep<'a> {
    /// With a target of as many steps as each rate gets.
    short: Opened<'a>,
    /// Steps that the compute of tuning pays for with each rate.
    paid: f64,
    /// Of the target itself.
    steps: usize,
    seed: u64,
}

impl<'a> Sweep<'a> {
    /// Over as many steps as the compute of tuning pays for, and no more than the target has.
    fn of(opened: &Opened<'a>) -> Result<Self, FamilyError> {
        let tuning = Spent::of_trials(&opened.study.records()?.records);
        let cost = Cost { tuning, target: of_a_step(opened)?, ..Cost::default() };
        let paid = cost.ratio_of_compute().unwrap_or(0.0) / RATES as f64;
        let steps = opened.target.steps;
        let target_steps = Some((paid as usize).min(steps));
        let short = opened.clone().with_target_run(&TargetRunArguments { target_steps, ..Default::default() })?;
        let seed = opened.study.config().seeds[0].wrapping_add(OTHER_BATCHES);
        Ok(Self { short, paid, steps, seed })
    }

    /// Of the compute of tuning, where a whole run for each rate takes less.
    fn share(&self) -> Option<String> {
        (self.paid as usize > self.steps).then(|| format!("{:.0} %", 100.0 * self.steps as f64 / self.paid))
    }

    /// What keeps it from telling a rate.
    fn obstacle(&self) -> Result<Option<String>, FamilyError> {
        let (n, steps, fewest) = (RATES, self.short.target.steps, Outcome::FEWEST_STEPS);
        if steps < fewest {
            let paid = self.paid as usize;
            let paid_alone = format!("as much compute as tuning took is {paid} steps for each of {n} rates");
            let few = if paid < fewest { paid_alone } else { format!("the target has {steps} steps") };
            return Ok(Some(format!("{few}, and fewer than {fewest} say nothing of a rate")));
        }
        let run = self.short.target_run(STANDARD, &self.values(0.0)?)?;
        // A warm-up, for example, may be longer than so short a run.
        let checked = self.short.family.check_run(&run, &self.short.device);
        Ok(checked.err().map(|error| format!("over {steps} steps {error}")))
    }

    /// The family's own but for the rate.
    fn values(&self, octave: f64) -> Result<Values, FamilyError> {
        let usual = self.short.usual()?;
        let rate = rate(&usual) * octave.exp2();
        Ok(usual.with(LEARNING_RATE, Setting::Number(rate)))
    }

    /// Every rate with its record, trained where there is none.
    fn run(&self, checkpoints: &CheckpointArguments) -> Result<Swept, FamilyError> {
        let training = TargetTraining::of(&self.short)?.quiet();
        // A run that has ended is not gone back in.
        let checkpoints = CheckpointArguments { keep_last: 1, ..checkpoints.clone() };
        self.along(|values| Ok(Some(training.train(STANDARD, values, self.seed, &checkpoints)?.0)))
    }

    /// As far as there are records.
    fn records(&self) -> Result<Swept, FamilyError> {
        let Some(training) = TargetTraining::if_there(&self.short)? else { return Ok(Swept::default()) };
        let records = training.records()?;
        self.along(|values| {
            let id = training.trial(STANDARD, values, self.seed)?.id();
            Ok(records.iter().find(|record| record.trial.id() == id).cloned())
        })
    }

    /// The path of the sweep, as long as there are records.
    fn along(
        &self,
        mut record_of: impl FnMut(&Values) -> Result<Option<Record<Trial>>, FamilyError>,
    ) -> Result<Swept, FamilyError> {
        let (mut points, mut records) = (Vec::<Point>::new(), Vec::new());
        while points.len() < RATES {
            let log2_rate = next_octave(&points);
            let Some(record) = record_of(&self.values(log2_rate)?)? else { break };
            points.push(Point { log2_rate, loss: record.outcome.loss() });
            records.push(record);
        }
        records.sort_by(|a, b| rate(&a.trial.values).total_cmp(&rate(&b.trial.values)));
        Ok(Swept { points, records })
    }

    /// What its records say; nothing as long as one is missing, or if every rate diverged.
    fn tuned(&self, Swept { points, records }: &Swept) -> Result<Option<Tuned>, FamilyError> {
        let Some(best) = Optimum::of(points).filter(|_| points.len() == RATES) else { return Ok(None) };
        let found = self.values(best.log2_rate)?;
        let times = lowered(&self.short.target.run_law, self.short.target.steps, self.steps);
        let values = found.clone().with(LEARNING_RATE, Setting::Number(rate(&found) * times));
        let spend = |spent: Spent, record: &Record<Trial>| spent.and_run(&record.curve, record.seconds);
        let by = self.in_words(records, rate(&found), best.edge, times);
        let tuning = Tuning { by, spent: records.iter().fold(Spent::default(), spend) };
        Ok(Some(Tuned { values, label: self.label(best.edge), tuning }))
    }

    fn label(&self, edge: Option<Edge>) -> String {
        let share = self.share().map(|share| format!("{share} of the"));
        let share = share.as_deref().unwrap_or("the same");
        let edge = if edge.is_some() { " (edge)" } else { "" };
        format!("rate tuned at the target for {share} compute{edge}")
    }

    /// Each rate with its loss, the best, and what became of it.
    fn in_words(&self, records: &[Record<Trial>], best: f64, edge: Option<Edge>, times: f64) -> String {
        let power = |rate: f64| format!("2^{}", octaves(rate.log2()));
        let tried = |record: &Record<Trial>| format!("{} {}", power(rate(&record.trial.values)), record.outcome);
        let tried = records.iter().map(tried).collect::<Vec<_>>().join("; ");
        let (n, of_each) = (records.len(), self.short.target.steps);
        let end = match edge {
            None => "",
            Some(Edge::Low) => ", the lowest of them",
            Some(Edge::High | Edge::Both) => ", the highest of them",
        };
        let lowered =
            if times < 1.0 { format!(", × {} for {} steps", rounded(times), self.steps) } else { String::new() };
        format!("{n} rates at the target over {of_each} steps ({tried}); {} is best{end}{lowered}", power(best))
    }
}

/// After these, in octaves above the family's own rate: on where the loss falls, else halfway to the better neighbor of the
/// best. A diverged rate is the worst, and lower ones are tried after it alone.
fn next_octave(tried: &[Point]) -> f64 {
    let rates = || tried.iter().map(|point| point.log2_rate);
    let Some(best) = Optimum::of(tried).map(|best| best.log2_rate) else {
        return rates().min_by(f64::total_cmp).map_or(0.0, |lowest| lowest - 1.0);
    };
    let loss = |rate: f64| {
        let point = tried.iter().find(|point| point.log2_rate.to_bits() == rate.to_bits());
        point.and_then(|point| point.loss).unwrap_or(f64::INFINITY)
    };
    let below = rates().filter(|rate| *rate < best).max_by(f64::total_cmp);
    let above = rates().filter(|rate| *rate > best).min_by(f64::total_cmp);
    match (below, above) {
        (Some(below), Some(above)) => {
            let better = if loss(below) < loss(above) { below } else { above };
            (best + better) / 2.0
        }
        (None, Some(_)) => best - 1.0,
        (_, None) => best + 1.0,
    }
}

/// What a step of the target takes.
fn of_a_step(opened: &Opened<'_>) -> Result<Spent, FamilyError> {
    let run = opened.target_run(STANDARD, &Values::default())?;
    let family: &dyn AnyFamily = opened.family;
    let tokens = family.in_tokens(&run)?.batch;
    let flops = family.flops_per_token(&run.size).map(|flops| flops * tokens);
    let parameters = parameters(&family.plan(&run, &opened.device)?);
    let curve = TrialCurve { losses: vec![0.0], tokens: tokens as u64, parameters, flops, ..TrialCurve::default() };
    Ok(Spent::default().and_run(&curve, 0.0))
}

/// What the best rate of so many steps is multiplied by for more. A law of the study that follows the horizon does it in
/// the plan.
fn lowered(law: &RunLaw, from: usize, to: usize) -> f64 {
    if law.rate.exponent(&Variable::TOKENS) != 0.0 {
        return 1.0;
    }
    (to as f64 / from as f64).powf(RunLaw::bjorck().rate.exponent(&Variable::TOKENS))
}

#[cfg(test)]
mod tests {
    use super::{Point, RATES, RunLaw, lowered, next_octave};

    #[test]
    fn the_sweep_goes_on_where_the_loss_falls_and_between_two_worse_rates_it_halves_the_better_octave() {
        let path = |loss: &dyn Fn(f64) -> Option<f64>| {
            let mut tried: Vec<Point> = Vec::new();
            while tried.len() < RATES {
                let log2_rate = next_octave(&tried);
                tried.push(Point { log2_rate, loss: loss(log2_rate) });
            }
            tried.into_iter().map(|point| point.log2_rate).collect::<Vec<f64>>()
        };
        let best_at = |best: f64| path(&|octave| Some((octave - best).powi(2)));
        assert_eq!(best_at(5.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(best_at(-5.0), [0.0, 1.0, -1.0, -2.0]);
        assert_eq!(best_at(1.2), [0.0, 1.0, 2.0, 1.5]);
        assert_eq!(best_at(0.1), [0.0, 1.0, -1.0, 0.5]);
        assert_eq!(best_at(-0.1), [0.0, 1.0, -1.0, -0.5]);
        let diverges_from = |end: f64| path(&|octave| (octave < end).then_some(-octave));
        assert_eq!(diverges_from(0.5), [0.0, 1.0, -1.0, -0.5]);
        assert_eq!(diverges_from(-1.5), [0.0, -1.0, -2.0, -3.0]);
        assert_eq!(diverges_from(-9.0), [0.0, -1.0, -2.0, -3.0]);
    }

    #[test]
    fn a_rate_of_few_steps_is_lowered_for_more_unless_a_law_of_the_study_does_it() {
        let octaves = |law: &RunLaw, from| (100.0 * lowered(law, from, 800).log2()).round() / 100.0;
        // As docs/experiment.md says of the law: for 40 times the horizon and 8 times.
        let unfollowed: Vec<f64> = [20, 100, 800].into_iter().map(|from| octaves(&RunLaw::none(), from)).collect();
        assert_eq!(unfollowed, [-1.7, -0.96, 0.0]);
        let laws = [RunLaw::power_lines(), RunLaw::complete_d()];
        let followed: Vec<f64> = laws.iter().map(|law| octaves(law, 100)).collect();
        assert_eq!(followed, [-0.96, 0.0], "the first follows the horizon with its decay alone");
    }
}
