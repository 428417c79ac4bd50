//! Waves: the trials that can run side by side, because what they are is known.

use super::StudyConfig;
use crate::{Search, Study, StudyError, StudyTrial, Values};

/// Trials that depend on earlier waves alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    /// Index of the first; they are numbered through.
    pub first: usize,
    /// In order of sample and seed.
    pub trials: Vec<StudyTrial>,
}

/// Where a wave lies in the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    stage: usize,
    /// Samples of the stage that it has.
    from: usize,
    to: usize,
    /// Index of its first trial.
    first: usize,
}

impl StudyConfig {
    /// Number of waves: one for each stage, more in an adaptive search.
    #[must_use]
    pub fn n_waves(&self) -> usize {
        self.places().len()
    }

    fn places(&self) -> Vec<Place> {
        let (mut places, mut first) = (Vec::new(), 0);
        for (number, stage) in self.stages.iter().enumerate() {
            let samples = stage.samples();
            let adaptive = self.search == Search::Tpe && stage.trials.is_some();
            let size = if adaptive { self.round } else { samples };
            for from in (0..samples).step_by(size.max(1)) {
                let to = (from + size).min(samples);
                places.push(Place { stage: number, from, to, first });
                first += (to - from) * self.seeds.len();
            }
        }
        places
    }

    /// Number of samples that earlier stages began: so that no stage repeats another's.
    fn samples_before(&self, stage: usize) -> usize {
        self.stages[..stage].iter().filter_map(|stage| stage.trials).sum()
    }
}

/// A sample with the mean of its losses over the seeds; infinite unless all of them finished.
struct Judged {
    stage: usize,
    sample: usize,
    values: Values,
    loss: f64,
}

impl Study {
    /// The trials of a wave; none as long as a trial that it depends on has not ended.
    ///
    /// # Errors
    ///
    /// A search without that many samples; [`StudyError::Newer`], [`StudyError::Io`].
    pub fn wave(&self, number: usize) -> Result<Option<Wave>, StudyError> {
        let places = self.config().places();
        let Some(place) = places.get(number) else { return Ok(None) };
        if self.is_independent(*place) {
            return self.wave_at(*place, &[]).map(Some);
        }
        let mut judged = Vec::new();
        for earlier in &places[..number] {
            let Some(results) = self.judge(&self.wave_at(*earlier, &judged)?)? else { return Ok(None) };
            judged.extend(results);
        }
        self.wave_at(*place, &judged).map(Some)
    }

    /// The trial with an index, counted through all waves.
    ///
    /// # Errors
    ///
    /// [`StudyError::NoSuchTrial`]; [`StudyError::Waiting`] if it depends on trials that have not ended.
    pub fn trial(&self, index: usize) -> Result<StudyTrial, StudyError> {
        let trials = self.config().n_trials();
        let places = self.config().places();
        let wave = places.iter().rposition(|place| place.first <= index).filter(|_| index < trials);
        let wave = wave.ok_or(StudyError::NoSuchTrial { index, trials })?;
        let found = self.wave(wave)?.ok_or(StudyError::Waiting { index })?;
        // A stage of the best is shorter if fewer finished.
        found.trials.get(index - found.first).cloned().ok_or(StudyError::NoSuchTrial { index, trials })
    }

    fn is_independent(&self, place: Place) -> bool {
        self.config().search != Search::Tpe && self.config().stages[place.stage].trials.is_some()
    }

    /// The trials at a place, given every sample judged before it.
    fn wave_at(&self, place: Place, judged: &[Judged]) -> Result<Wave, StudyError> {
        let stage = self.config().stages[place.stage];
        let samples = match stage.best {
            None => self.new_samples(place, judged)?,
            Some(best) => best_samples(place.stage - 1, best, judged),
        };
        let context = self.config().context();
        let trial = |sample: usize, seed: u64, values: &Values| {
            let (values, context) = (values.clone(), context.clone());
            StudyTrial { stage: place.stage, sample, seed, steps: stage.steps, values, context }
        };
        let seeds = &self.config().seeds;
        let each = |(sample, values): &(usize, Values)| -> Vec<StudyTrial> {
            seeds.iter().map(|seed| trial(*sample, *seed, values)).collect()
        };
        Ok(Wave { first: place.first, trials: samples.iter().flat_map(each).collect() })
    }

    fn new_samples(&self, place: Place, judged: &[Judged]) -> Result<Vec<(usize, Values)>, StudyError> {
        let config = self.config();
        // Losses at another horizon do not compare.
        let told = judged.iter().filter(|judged| judged.stage == place.stage);
        let told: Vec<(&Values, f64)> = told.map(|judged| (&judged.values, judged.loss)).collect();
        let offset = config.samples_before(place.stage);
        let sample = |number: usize| {
            let sample = offset + number;
            Ok((sample, config.search.sample(&config.space, config.seed, sample, &told)?))
        };
        (place.from..place.to).map(sample).collect()
    }

    /// One for each sample of a wave; none as long as a trial has not ended.
    fn judge(&self, wave: &Wave) -> Result<Option<Vec<Judged>>, StudyError> {
        let mut results: Vec<Judged> = Vec::new();
        for trial in &wave.trials {
            let Some(record) = self.find(trial)? else { return Ok(None) };
            let share = record.outcome.loss().unwrap_or(f64::INFINITY) / self.config().seeds.len() as f64;
            let (stage, sample) = (trial.stage, trial.sample);
            match results.last_mut() {
                Some(last) if last.sample == sample => last.loss += share,
                _ => results.push(Judged { stage, sample, values: trial.values.clone(), loss: share }),
            }
        }
        Ok(Some(results))
    }
}

/// Those of a stage with the lowest losses, the best first; of equal ones the earlier.
fn best_samples(stage: usize, best: usize, judged: &[Judged]) -> Vec<(usize, Values)> {
    let mut results: Vec<&Judged> =
        judged.iter().filter(|judged| judged.stage == stage && judged.loss.is_finite()).collect();
    results.sort_by(|a, b| a.loss.total_cmp(&b.loss).then(a.sample.cmp(&b.sample)));
    results.truncate(best);
    results.into_iter().map(|judged| (judged.sample, judged.values.clone())).collect()
}
