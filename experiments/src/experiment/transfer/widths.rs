//! µTransfer's values at the proxy's width and at those between it and the target's: is wider better there?

use std::path::Path;

use mup_study::{Setting, Values};
use mup_sweep::in_parallel;
use mup_train::{FamilyError, LEARNING_RATE};
use mup_transfer::Spent;

use super::super::arms::{Arm, Ended};
use super::super::runs::{MUP, TargetRun, options};
use super::parts::Parts;

impl Parts<'_> {
    /// Each repetition's values with the seed of its target; widths ascending.
    pub(super) fn widths(&self, study: &Path, searched: &[Values]) -> Result<Vec<Arm>, FamilyError> {
        let widths: Vec<usize> = [self.sizes.shape.base_width].iter().chain(self.sizes.widths).copied().collect();
        // The widest first, so that no long run is left for the end.
        let asked: Vec<(usize, usize)> =
            widths.iter().rev().flat_map(|width| (0..searched.len()).map(|r| (*width, r))).collect();
        let ended = in_parallel(self.runs.common.jobs(), &asked, |(width, r)| self.at(*width, *r, &searched[*r]))?;
        let arm = |width: &usize| {
            let run = |r: usize| TargetRun::new(study, MUP, searched[r].clone(), r as u64);
            let mut arm = Arm::new(format!("width {width}"), Spent::default(), (0..searched.len()).map(run));
            for (run, r) in arm.runs.iter_mut().zip(0..) {
                run.ended = asked.iter().position(|known| *known == (*width, r)).and_then(|place| ended[place].clone());
            }
            arm
        };
        Ok(widths.iter().map(arm).collect())
    }

    /// One run, as a study of one trial.
    fn at(&self, width: usize, r: usize, values: &Values) -> Result<Option<Ended>, FamilyError> {
        let numbers = values.iter().filter_map(|(name, value)| Some((name, Setting::number(value)?)));
        let (rates, fixed): (Vec<_>, Vec<_>) = numbers.partition(|(name, _)| *name == LEARNING_RATE);
        let rates: Vec<f64> = rates.into_iter().map(|(_, rate)| rate).collect();
        let name = format!("width-{width}-{r}");
        let mut search = self.runs.grid(&name, &rates, &fixed)?;
        search.extend(options(&[("seeds", r), ("steps", self.sizes.long_steps)]));
        let study = self.runs.tune(&name, 1, (self.sizes.shape, width), &search)?;
        Ok(study.records()?.records.first().map(Ended::from))
    }
}
