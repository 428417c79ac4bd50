//! What SP gets: its rate swept at the target over a part of the horizon, or over the whole.

use std::path::Path;

use mup_study::Values;
use mup_train::{FamilyError, LEARNING_RATE};
use mup_transfer::Spent;

use super::super::arms::{Arm, Run, mean_spent, spent};
use super::super::runs::{STANDARD, TargetRun, rate};
use super::parts::Parts;
use super::pilot::Pilot;

/// What a program has where nobody tunes: PyTorch's AdamW, and the other number that everybody writes.
pub(super) const DEFAULT_RATES: [f64; 2] = [1e-3, 3e-4];
/// How often a sweep goes on beyond its edge, at most.
const EXTENSIONS: usize = 3;

/// Rates as half octaves around the first default, each tried over one part of so many of the horizon.
pub(super) struct Sweep {
    pub(super) part: usize,
    half_octaves: &'static [i32],
}

/// For a tenth of a run in all, and for a whole one.
pub(super) const SAME: Sweep = Sweep { part: 40, half_octaves: &[-2, 0, 2, 4] };
pub(super) const TEN_TIMES: Sweep = Sweep { part: 8, half_octaves: &[-4, -3, -2, -1, 0, 1, 2, 3] };
/// Over the whole horizon: what the others end at.
pub(super) const WHOLE: Sweep = Sweep { part: 1, half_octaves: &[-6, -4, -2, 0] };

/// A sweep that has ended.
pub(super) struct Swept {
    pub(super) rate: f64,
    on_edge: bool,
    /// Of every rate, ascending.
    pub(super) losses: Vec<(f64, Option<f64>)>,
    pub(super) spent: Spent,
}

/// The target's rates after sweeps over a part of its horizon.
pub(super) struct Lowered {
    pub(super) values: Vec<Values>,
    /// Mean over the sweeps.
    pub(super) tuning: Spent,
    /// What has to be said of them.
    pub(super) note: String,
}

impl Parts<'_> {
    /// A sweep with each seed, and the best of each lowered by what the pilot measured.
    pub(super) fn lowered(
        &self,
        study: &Path,
        (sweep, seeds): (&Sweep, Vec<u64>),
        pilot: &Pilot,
    ) -> Result<Lowered, FamilyError> {
        let swept = self.swept(study, sweep, seeds)?;
        let times = (-pilot.shift(self.sizes.steps_of(sweep.part))).exp2();
        let each: Vec<Spent> = swept.iter().map(|swept| swept.spent).collect();
        let values = swept.iter().map(|swept| rate(swept.rate * times)).collect();
        Ok(Lowered { values, tuning: mean_spent(&each), note: on_edges(&swept) })
    }

    /// A sweep with each seed, which goes on by an octave while its best lies on the edge.
    pub(super) fn swept(&self, study: &Path, sweep: &Sweep, seeds: Vec<u64>) -> Result<Vec<Swept>, FamilyError> {
        let steps = self.sizes.steps_of(sweep.part);
        let run = |lr: f64, seed| {
            let whole = TargetRun::new(study, STANDARD, rate(lr), seed);
            if sweep.part == 1 { whole } else { whole.over(steps) }
        };
        let arm = |seed| {
            let rates = sweep.half_octaves.iter().map(|half| DEFAULT_RATES[0] * (f64::from(*half) / 2.0).exp2());
            Arm::new(format!("SP over {steps} steps, seed {seed}"), Spent::default(), rates.map(|lr| run(lr, seed)))
        };
        let mut arms: Vec<Arm> = seeds.into_iter().map(arm).collect();
        for extension in 0.. {
            self.runs.train(&mut arms, |_| Ok(()))?;
            let beyond: Vec<Option<f64>> = arms.iter().map(|arm| beyond(&losses(arm))).collect();
            if extension == EXTENSIONS || beyond.iter().all(Option::is_none) {
                break;
            }
            for (arm, lr) in arms.iter_mut().zip(beyond) {
                let seed = arm.runs[0].seed;
                arm.runs.extend(lr.map(|lr| Run::new(run(lr, seed))));
            }
        }
        arms.iter().map(Swept::of).collect()
    }
}

impl Swept {
    fn of(arm: &Arm) -> Result<Self, FamilyError> {
        let losses = losses(arm);
        let best = lowest(&losses).ok_or_else(|| format!("{}: every rate diverged, lower the rates", arm.what))?;
        Ok(Self { rate: losses[best].0, on_edge: beyond(&losses).is_some(), losses, spent: spent(arm) })
    }
}

/// For the name of an arm: that sweeps have their best on the edge after all.
pub(super) fn on_edges(swept: &[Swept]) -> String {
    match (swept.iter().filter(|swept| swept.on_edge).count(), swept.len()) {
        (0, _) => String::new(),
        (_, 1) => " (edge)".to_owned(),
        (edges, all) => format!(" (edge in {edges} of {all})"),
    }
}

/// Rates and losses, ascending in the rate.
fn losses(arm: &Arm) -> Vec<(f64, Option<f64>)> {
    let of = |run: &Run| {
        let rate = run.asked.values.number(LEARNING_RATE)?;
        Some((rate, run.ended.as_ref().and_then(|ended| ended.loss)))
    };
    let mut losses: Vec<(f64, Option<f64>)> = arm.runs.iter().filter_map(of).collect();
    losses.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    losses
}

fn lowest(losses: &[(f64, Option<f64>)]) -> Option<usize> {
    let finished = losses.iter().enumerate().filter_map(|(i, (_, loss))| Some((i, (*loss)?)));
    finished.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(i, _)| i)
}

/// The rate an octave beyond the edge on which the best lies, below all if every run diverged.
fn beyond(losses: &[(f64, Option<f64>)]) -> Option<f64> {
    let ((low, _), (high, _)) = (losses.first()?, losses.last()?);
    match lowest(losses) {
        None | Some(0) => Some(low / 2.0),
        Some(best) if best + 1 == losses.len() => Some(high * 2.0),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_goes_on_beyond_the_edge_that_its_best_lies_on() {
        let next = |losses: [Option<f64>; 3]| {
            let losses: Vec<(f64, Option<f64>)> = [1.0, 2.0, 4.0].into_iter().zip(losses).collect();
            beyond(&losses)
        };
        assert_eq!(next([Some(2.0), Some(1.0), None]), None);
        assert_eq!(next([Some(1.0), Some(2.0), Some(3.0)]), Some(0.5));
        assert_eq!(next([Some(3.0), Some(2.0), Some(1.0)]), Some(8.0));
        assert_eq!(next([None; 3]), Some(0.5), "all diverged");
    }

    #[test]
    fn an_edge_that_is_left_is_said() {
        let swept = |on_edge| Swept { rate: 1.0, on_edge, losses: Vec::new(), spent: Spent::default() };
        assert_eq!(on_edges(&[swept(false)]), "");
        assert_eq!(on_edges(&[swept(true)]), " (edge)");
        assert_eq!(on_edges(&[swept(true), swept(false)]), " (edge in 1 of 2)");
    }
}
