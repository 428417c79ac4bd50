//! One trial: its passes, compared with the first one, as records.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    Activations, CheckError, CoordCheck, Observed, Quantity, Record, Source, TrialError,
    generators::{Generators, Lent},
    statistic::measure,
};

impl CoordCheck {
    /// Runs the trial; a panic in the user's closures is an error that says where.
    pub(super) fn run_trial<T>(
        &self,
        width: usize,
        seed: u64,
        generators: &Generators,
        build: impl FnMut(usize, u64) -> Result<T, TrialError>,
    ) -> Result<Vec<Record>, CheckError>
    where
        T: FnMut(&mut Activations) -> Result<(), TrialError>,
    {
        let trial = || {
            let (trial, lent, first) = self.begin(width, seed, generators, build)?;
            self.passes((width, seed), &lent, trial, first)
        };
        // What the closures leave behind is dropped, and never looked at again.
        catch_unwind(AssertUnwindSafe(trial)).unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let message = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(CheckError::Panicked { width, seed, message })
        })
    }

    /// A new trial and its first pass. One that shows a device that nobody knew of is begun again, for what it drew
    /// there.
    fn begin<T>(
        &self,
        width: usize,
        seed: u64,
        generators: &Generators,
        mut build: impl FnMut(usize, u64) -> Result<T, TrialError>,
    ) -> Result<(T, Arc<Lent>, Activations), CheckError>
    where
        T: FnMut(&mut Activations) -> Result<(), TrialError>,
    {
        loop {
            let lent = generators.lend();
            let trial = lent.build(width, seed, || build(width, seed));
            let mut trial = trial.map_err(|source| CheckError::Build { width, seed, source })?;
            let seen = self.pass((width, seed, 0), &lent, &mut trial)?;
            if lent.covers(seen.devices()) {
                return Ok((trial, lent, seen));
            }
            generators.learn(seen.devices());
        }
    }

    fn pass(
        &self,
        (width, seed, step): (usize, u64, usize),
        lent: &Lent,
        trial: &mut impl FnMut(&mut Activations) -> Result<(), TrialError>,
    ) -> Result<Activations, CheckError> {
        let mut seen = Activations::of(&self.sources);
        let passed = lent.pass(width, seed, || trial(&mut seen));
        passed.map_err(|source| CheckError::Step { width, seed, step, source })?;
        Ok(seen)
    }

    fn passes(
        &self,
        (width, seed): (usize, u64),
        lent: &Lent,
        mut trial: impl FnMut(&mut Activations) -> Result<(), TrialError>,
        first: Activations,
    ) -> Result<Vec<Record>, CheckError> {
        let mut records = Vec::new();
        let mut first = Some(first);
        let mut initial = None;
        for step in 0..=self.steps {
            let seen = match first.take() {
                Some(seen) => seen,
                None => self.pass((width, seed, step), lent, &mut trial)?,
            };
            let seen = self.select(width, seed, seen)?;
            let mut record = |quantity, observed: &Observed| {
                let values = measure(&self.statistics, &observed.values, observed.d);
                for (statistic, value) in self.statistics.iter().copied().zip(values) {
                    let (module, source, d) = (observed.module.clone(), observed.source, Some(observed.d));
                    records.push(Record { width, seed, step, module, source, quantity, statistic, d, value });
                }
            };
            seen.iter().for_each(|observed| record(Quantity::Value, observed));
            match &initial {
                None => initial = Some(seen),
                Some(initial) => {
                    check_alike(width, seed, step, initial, &seen)?;
                    changes(initial, &seen).for_each(|change| record(Quantity::Change, &change));
                }
            }
            self.passed(width, seed, step);
        }
        Ok(records)
    }

    fn select(&self, width: usize, seed: u64, mut seen: Activations) -> Result<Activations, CheckError> {
        if seen.is_empty() {
            return Err(CheckError::NothingObserved { width, seed });
        }
        let absent = |source: &&Source| !source.decides() && seen.iter().all(|observed| observed.source != **source);
        if let Some(source) = self.sources.iter().find(absent) {
            return Err(CheckError::SourceNotObserved { wanted: *source, width, seed });
        }
        if let Some(empty) = seen.iter().find(|observed| observed.values.is_empty()) {
            return Err(CheckError::EmptyActivation { module: empty.module.clone(), width });
        }
        for pattern in &self.modules {
            if !seen.iter().any(|observed| pattern.matches(&observed.module)) {
                let names: Vec<&str> = seen.iter().map(|observed| observed.module.as_str()).collect();
                return Err(CheckError::UnknownModule { pattern: pattern.to_string(), names: names.join(", ") });
            }
        }
        seen.retain(|name| self.modules.is_empty() || self.modules.iter().any(|pattern| pattern.matches(name)));
        Ok(seen)
    }
}

fn check_alike(
    width: usize,
    seed: u64,
    step: usize,
    initial: &Activations,
    seen: &Activations,
) -> Result<(), CheckError> {
    for Observed { source, module, .. } in initial.iter().chain(seen) {
        let length = |of: &Activations| of.get(*source, module).map_or(0, |observed| observed.values.len());
        let (first, now) = (length(initial), length(seen));
        if first != now {
            return Err(CheckError::ChangedBetweenSteps { module: module.clone(), width, seed, step, first, now });
        }
    }
    Ok(())
}

fn changes<'a>(initial: &'a Activations, seen: &'a Activations) -> impl Iterator<Item = Observed> + 'a {
    seen.iter().filter(|now| now.source.has_change()).filter_map(|now| {
        let first = initial.get(now.source, &now.module)?;
        let values = now.values.iter().zip(&first.values).map(|(now, first)| now - first).collect();
        Some(Observed { values, ..now.clone() })
    })
}
