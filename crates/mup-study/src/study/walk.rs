//! The walk through a study: from the first wave on, as far as results tell what the waves are.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError};

use super::places::Place;
use super::{Study, StudyTrial, Wave};
use crate::search::{LISTED, LISTED_FIRST, Parzen, Point};
use crate::{Outcome, StudyError, Trial, Values};

/// Waves that were walked before, each with the results that it followed from: as long as these are the same, so is it.
pub(super) type Walked = HashMap<usize, (u64, Arc<Wave>)>;

/// A sample with the mean of its losses over the seeds; infinite unless all of them finished.
#[derive(Clone, Debug)]
struct Judged {
    sample: usize,
    values: Values,
    loss: f64,
}

/// What is known of a stage.
struct Stage {
    judged: Vec<Judged>,
    /// Of all results so far.
    digest: DefaultHasher,
    /// Whether every trial so far has ended.
    ended: bool,
    search: Option<Parzen>,
}

impl Default for Stage {
    fn default() -> Self {
        Self { judged: Vec::new(), digest: DefaultHasher::new(), ended: true, search: None }
    }
}

impl Study {
    /// Every wave in order, as of the records known now; none where one depends on trials that have not ended. Results
    /// are judged once, and an adaptive search is told each once.
    pub(super) fn walk(&self) -> Result<Vec<Option<Arc<Wave>>>, StudyError> {
        let mut stages: Vec<Stage> = Vec::new();
        stages.resize_with(self.config().stages.len(), Stage::default);
        let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waves = Vec::new();
        for (number, place) in self.config().places().enumerate() {
            let Some(digest) = self.depends_on(place, &stages) else {
                stages[place.stage].ended = false;
                waves.push(None);
                continue;
            };
            let wave = match walked.get(&number) {
                Some((known, wave)) if *known == digest => Arc::clone(wave),
                _ => Arc::new(self.wave_at(place, &mut stages)?),
            };
            walked.insert(number, (digest, Arc::clone(&wave)));
            self.judge(&wave, &mut stages[place.stage]);
            waves.push(Some(wave));
        }
        Ok(waves)
    }

    /// A digest of the results that decide what a wave is; none as long as one of them is missing.
    fn depends_on(&self, place: Place, stages: &[Stage]) -> Option<u64> {
        let stage = match self.config().stages[place.stage].best {
            Some(_) => &stages[place.stage - 1],
            None if self.config().is_adaptive(place.stage) => &stages[place.stage],
            None => return Some(0),
        };
        stage.ended.then(|| stage.digest.finish())
    }

    /// The trials at a place that depends on no result.
    pub(super) fn independent_wave(&self, place: Place) -> Result<Option<Wave>, StudyError> {
        let stage = self.config().stages[place.stage];
        if stage.best.is_some() || self.config().is_adaptive(place.stage) {
            return Ok(None);
        }
        let mut stages: Vec<Stage> = Vec::new();
        stages.resize_with(self.config().stages.len(), Stage::default);
        self.wave_at(place, &mut stages).map(Some)
    }

    fn wave_at(&self, place: Place, stages: &mut [Stage]) -> Result<Wave, StudyError> {
        let stage = self.config().stages[place.stage];
        let samples = match stage.best {
            None => self.new_samples(place, &mut stages[place.stage])?,
            Some(best) => best_samples(&stages[place.stage - 1].judged, best, self.config().version),
        };
        let each = |(sample, values): (usize, Values)| {
            self.config().seeds.iter().map(move |seed| {
                let context = Arc::clone(&self.context);
                let trial = Trial { values: values.clone(), seed: *seed, steps: stage.steps, context };
                StudyTrial::new(place.stage, sample, trial)
            })
        };
        Ok(Wave { first: place.first, trials: samples.into_iter().flat_map(each).collect() })
    }

    fn new_samples(&self, place: Place, stage: &mut Stage) -> Result<Vec<(usize, Values)>, StudyError> {
        let config = self.config();
        let stream = config.stream(place.stage);
        // Losses at another horizon do not compare: a search is told those of its stage.
        let adaptive = config.is_adaptive(place.stage);
        let listed = if config.version == 1 { LISTED_FIRST } else { LISTED };
        let mut search = adaptive.then(|| stage.search.take().unwrap_or_else(|| Parzen::new(&config.space, listed)));
        if let Some(search) = &mut search {
            let told = search.told();
            stage.judged[told..].iter().for_each(|judged| search.tell(&judged.values, judged.loss));
        }
        let samples = (place.from..place.to).map(|number| {
            let point =
                Point { sample: stream.first + number, index: stream.point + number, scramble: stream.scramble };
            let values = match &mut search {
                Some(search) => search.ask(config.seed, point.sample),
                None => config.search.sample(&config.space, config.seed, point)?,
            };
            Ok((point.sample, values))
        });
        let samples = samples.collect();
        stage.search = search;
        samples
    }

    /// What decides how a study goes on. For one of version 1 a trial that learned nothing had diverged, as any that ended
    /// above its start: judged otherwise, its walk would lead elsewhere than it did.
    fn loss(&self, outcome: &Outcome) -> f64 {
        match outcome {
            Outcome::LearnedNothing { .. } if self.config().version == 1 => f64::INFINITY,
            outcome => outcome.loss().unwrap_or(f64::INFINITY),
        }
    }

    /// Adds a wave's results to its stage, as far as they are there.
    fn judge(&self, wave: &Wave, stage: &mut Stage) {
        let seeds = self.config().seeds.len();
        for of_sample in wave.trials.chunks(seeds) {
            let mut loss = 0.0;
            for trial in of_sample {
                let Some(outcome) = self.outcome(trial) else {
                    stage.ended = false;
                    return;
                };
                loss += self.loss(&outcome) / seeds as f64;
            }
            let (sample, values) = (of_sample[0].sample, of_sample[0].values.clone());
            (sample, loss.to_bits()).hash(&mut stage.digest);
            stage.judged.push(Judged { sample, values, loss });
        }
    }
}

/// Those with the lowest losses, the best first; of equal ones the earlier. Of samples with the same values one goes on;
/// in the first version each did.
fn best_samples(judged: &[Judged], best: usize, version: u32) -> Vec<(usize, Values)> {
    let mut results: Vec<&Judged> = judged.iter().filter(|judged| judged.loss.is_finite()).collect();
    results.sort_by(|a, b| a.loss.total_cmp(&b.loss).then(a.sample.cmp(&b.sample)));
    if version > 1 {
        let mut taken = HashSet::new();
        results.retain(|judged| taken.insert(serde_json::to_string(&judged.values).expect("bug: values are JSON")));
    }
    results.truncate(best);
    results.into_iter().map(|judged| (judged.sample, judged.values.clone())).collect()
}
