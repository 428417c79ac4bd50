//! What SP gets: its rate swept at the target over a part of the horizon, or over the whole.

use std::path::Path;

use mup_study::{Setting, Values};
use mup_train::{FamilyError, LEARNING_RATE};
use mup_transfer::Spent;

use super::super::arms::{Arm, spent};
use super::super::runs::{STANDARD, TargetRun, rate};
use super::parts::Parts;

/// What a program has where nobody tunes: PyTorch's AdamW, and the other number that everybody writes.
pub(super) const DEFAULT_RATES: [f64; 2] = [1e-3, 3e-4];

/// Rates as octaves around the first default, tried over a part of the horizon; the best is lowered by whole octaves, as
/// a longer horizon has it (Bjorck et al., arXiv:2409.19913: T^−0.32).
pub(super) struct Sweep {
    part: usize,
    octaves: [i32; 4],
    pub(super) lowered: i32,
}

/// For a tenth of a run in all, and for a whole one.
pub(super) const SAME: Sweep = Sweep { part: 40, octaves: [-1, 0, 1, 2], lowered: 2 };
pub(super) const TEN_TIMES: Sweep = Sweep { part: 4, octaves: [-2, -1, 0, 1], lowered: 1 };
/// Over the whole horizon: what the others end at.
const WHOLE: [i32; 4] = [-3, -2, -1, 0];
/// How often the whole sweep goes on beyond its edge, at most.
const EXTENSIONS: usize = 3;

/// SP at the best rate of whole runs, and every rate's loss.
pub(super) struct Swept {
    pub(super) best: Arm,
    pub(super) losses: Vec<(f64, Option<f64>)>,
}

impl Parts<'_> {
    pub(super) fn tried(&self, study: &Path, sweep: &Sweep, seed: u64) -> Arm {
        let steps = (self.sizes.long_steps / sweep.part).max(1);
        let run = |octave: i32| TargetRun::new(study, STANDARD, rate(around_default(octave)), seed).over(steps);
        Arm::new(format!("SP over {steps} steps, seed {seed}"), Spent::default(), sweep.octaves.map(run))
    }

    /// A sweep over the whole horizon that goes on while its best lies on the edge.
    pub(super) fn swept(&self, study: &Path) -> Result<Swept, FamilyError> {
        let run = |lr: f64| TargetRun::new(study, STANDARD, rate(lr), 0);
        let mut rates = WHOLE.map(around_default).to_vec();
        for extension in 0.. {
            let asked = rates.iter().copied().map(run);
            let mut swept = vec![Arm::new("SP over the whole horizon", Spent::default(), asked)];
            self.runs.train(&mut swept, |_| Ok(()))?;
            let losses: Vec<Option<f64>> = swept[0].runs.iter().map(|run| run.ended.as_ref()?.loss).collect();
            let finite = (0..losses.len()).filter_map(|i| Some((i, losses[i]?)));
            let lowest = finite.min_by(|(_, a), (_, b)| a.total_cmp(b));
            let (lowest, _) = lowest.ok_or("every rate of SP diverged over the whole horizon: lower the rates")?;
            if extension < EXTENSIONS && lowest == 0 {
                rates.insert(0, rates[0] / 2.0);
            } else if extension < EXTENSIONS && lowest + 1 == rates.len() {
                rates.push(rates[lowest] * 2.0);
            } else {
                let best = Arm::new("(e) SP at the best rate of whole runs", spent(&swept[0]), [run(rates[lowest])]);
                return Ok(Swept { best, losses: rates.into_iter().zip(losses).collect() });
            }
        }
        Err("bug: a sweep ends".into())
    }
}

fn around_default(octave: i32) -> f64 {
    DEFAULT_RATES[0] * f64::from(octave).exp2()
}

/// The rate of the run with the lowest loss, lowered.
pub(super) fn best(tried: &Arm, octaves: i32) -> Result<Values, FamilyError> {
    let finished = tried.runs.iter().filter_map(|run| Some((run, run.ended.as_ref()?.loss?)));
    let best = finished.min_by(|(_, a), (_, b)| a.total_cmp(b));
    let (run, _) = best.ok_or_else(|| format!("{}: every rate diverged, lower the rates", tried.what))?;
    let found = run.asked.values.get(LEARNING_RATE).and_then(Setting::number).unwrap_or(f64::NAN);
    Ok(rate(found * f64::from(-octaves).exp2()))
}
