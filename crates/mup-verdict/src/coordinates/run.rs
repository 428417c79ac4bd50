//! Runs a user's model over widths, seeds and steps. Knows no model, optimizer or data set.

use mup_shapes::PathPattern;

use super::{Activations, CheckError, Quantity, Record, Records, Statistic, TrialError};

/// What to run: widths × seeds × steps.
///
/// # Example
///
/// See the crate's front page for a check of a module of your own.
#[derive(Clone, Debug, PartialEq)]
pub struct CoordCheck {
    widths: Vec<usize>,
    seeds: Vec<u64>,
    steps: usize,
    modules: Vec<PathPattern>,
}

impl CoordCheck {
    /// Widths (sorted here), number of seeds, and number of optimizer steps.
    ///
    /// # Errors
    ///
    /// [`CheckError::TooFewWidths`], [`CheckError::UnusableWidth`], [`CheckError::NoSeeds`], [`CheckError::NoSteps`].
    pub fn new(widths: impl Into<Vec<usize>>, seeds: u64, steps: usize) -> Result<Self, CheckError> {
        let mut widths = widths.into();
        widths.sort_unstable();
        let repeated = widths.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        if let Some(width) = repeated.or_else(|| widths.contains(&0).then_some(0)) {
            return Err(CheckError::UnusableWidth { width, widths });
        }
        if widths.len() < 2 {
            return Err(CheckError::TooFewWidths { widths });
        }
        if seeds == 0 {
            return Err(CheckError::NoSeeds);
        }
        if steps == 0 {
            return Err(CheckError::NoSteps);
        }
        Ok(Self { widths, seeds: (0..seeds).collect(), steps, modules: Vec::new() })
    }

    /// Keeps only activations whose names match one of the patterns; all when none is given.
    #[must_use]
    pub fn with_modules<P: Into<PathPattern>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.modules = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Widths, ascending.
    #[must_use]
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// How many times a trial's closure is called in all: every pass of every trial.
    #[must_use]
    pub fn n_passes(&self) -> usize {
        self.widths.len() * self.seeds.len() * (self.steps + 1)
    }

    /// Builds a trial per width and seed, and calls it `steps + 1` times.
    ///
    /// A trial is a closure that does one training step on **the same batch every time**: forward, reporting
    /// activations to the probe, then backward and update. Call t (from 0) therefore shows x_t.
    ///
    /// # Errors
    ///
    /// [`CheckError::Build`] and [`CheckError::Step`] carry the closures' own errors;
    /// [`CheckError::NothingObserved`], [`CheckError::UnknownModule`], [`CheckError::EmptyActivation`],
    /// [`CheckError::ChangedBetweenSteps`] for a probe that cannot be used. A model that diverges is no error.
    pub fn run<T>(&self, mut build: impl FnMut(usize, u64) -> Result<T, TrialError>) -> Result<Records, CheckError>
    where
        T: FnMut(&mut Activations) -> Result<(), TrialError>,
    {
        let mut records = Records::default();
        for &width in &self.widths {
            for &seed in &self.seeds {
                let trial = build(width, seed).map_err(|source| CheckError::Build { width, seed, source })?;
                self.run_trial(width, seed, trial, &mut records)?;
            }
        }
        Ok(records)
    }

    fn run_trial(
        &self,
        width: usize,
        seed: u64,
        mut trial: impl FnMut(&mut Activations) -> Result<(), TrialError>,
        records: &mut Records,
    ) -> Result<(), CheckError> {
        let mut pass = |step| {
            let mut seen = Activations::default();
            trial(&mut seen).map_err(|source| CheckError::Step { width, seed, step, source })?;
            self.select(width, seed, seen)
        };
        let initial = pass(0)?;
        record(width, seed, 0, &initial, Quantity::Activation, records);
        for step in 1..=self.steps {
            let seen = pass(step)?;
            let change = change(width, seed, step, &initial, &seen)?;
            record(width, seed, step, &seen, Quantity::Activation, records);
            record(width, seed, step, &change, Quantity::Change, records);
        }
        Ok(())
    }

    fn select(&self, width: usize, seed: u64, mut seen: Activations) -> Result<Activations, CheckError> {
        if seen.is_empty() {
            return Err(CheckError::NothingObserved { width, seed });
        }
        if let Some((module, _)) = seen.iter().find(|(_, values)| values.is_empty()) {
            return Err(CheckError::EmptyActivation { module: module.to_owned(), width });
        }
        for pattern in &self.modules {
            if !seen.iter().any(|(name, _)| pattern.matches(name)) {
                let names: Vec<&str> = seen.iter().map(|(name, _)| name).collect();
                return Err(CheckError::UnknownModule { pattern: pattern.to_string(), names: names.join(", ") });
            }
        }
        seen.retain(|name| self.modules.is_empty() || self.modules.iter().any(|pattern| pattern.matches(name)));
        Ok(seen)
    }
}

fn change(
    width: usize,
    seed: u64,
    step: usize,
    initial: &Activations,
    seen: &Activations,
) -> Result<Activations, CheckError> {
    let length = |of: &Activations, module: &str| of.get(module).map_or(0, <[f32]>::len);
    for (module, _) in initial.iter().chain(seen.iter()) {
        let (first, now) = (length(initial, module), length(seen, module));
        if first != now {
            let module = module.to_owned();
            return Err(CheckError::ChangedBetweenSteps { module, width, seed, step, first, now });
        }
    }
    let mut change = Activations::default();
    for (module, now) in seen.iter() {
        let first = initial.get(module).unwrap_or_default();
        let difference: Vec<f32> = now.iter().zip(first).map(|(now, first)| now - first).collect();
        change.insert(module, &difference);
    }
    Ok(change)
}

fn record(width: usize, seed: u64, step: usize, seen: &Activations, quantity: Quantity, records: &mut Records) {
    for (module, values) in seen.iter() {
        for statistic in Statistic::ALL {
            let (module, value) = (module.to_owned(), statistic.of(values));
            records.0.push(Record { width, seed, step, module, quantity, statistic, value });
        }
    }
}
