//! The walk through a study: from the first wave on, as far as results tell what the waves are.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use super::asked::{Asked, Results};
use super::places::{Place, Stream};
use super::{Study, StudyTrial, Wave};
use crate::search::{LISTED, LISTED_FIRST, Parzen, Point};
use crate::{Outcome, StoppedLoss, StudyConfig, StudyError, Trial, Values};

/// Waves that were walked before, each with the results that it followed from: as long as these are the same, so is it.
pub(super) type Walked = HashMap<usize, (String, Arc<Wave>)>;

/// A sample with the mean of its losses over the seeds; infinite unless all of them finished.
#[derive(Clone, Debug)]
struct Sampled {
    sample: usize,
    values: Values,
    loss: f64,
    /// Whether no seed's losses stopped at one number. Version 1 did not look.
    trusted: bool,
}

impl Sampled {
    /// What an adaptive search is told: a loss that hides NaN would lead it to where training diverges.
    fn told(&self) -> f64 {
        if self.trusted { self.loss } else { f64::INFINITY }
    }
}

/// What is known of a stage.
struct StageResults {
    judged: Vec<Sampled>,
    /// All results so far.
    results: Results,
    /// Whether every trial so far has ended.
    ended: bool,
    search: Option<Parzen>,
}

/// What is known on the way.
struct Known {
    stages: Vec<StageResults>,
    /// Read when it is needed.
    asked: OnceCell<Asked>,
}

impl Known {
    fn nothing(config: &StudyConfig) -> Self {
        let stage =
            || StageResults { judged: Vec::new(), results: Results::none(config.version), ended: true, search: None };
        Self { stages: config.stages.iter().map(|_| stage()).collect(), asked: OnceCell::new() }
    }
}

impl Study {
    /// Every wave in order, as of the records known now; none where one depends on trials that have not ended. Results
    /// are judged once, and an adaptive search is told each once.
    pub(super) fn walk(&self) -> Result<Vec<Option<Arc<Wave>>>, StudyError> {
        let mut known = Known::nothing(self.config());
        let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waves = Vec::new();
        for (number, place) in self.config().places().enumerate() {
            let Some(digest) = self.depends_on(place, &known.stages) else {
                known.stages[place.stage].ended = false;
                waves.push(None);
                continue;
            };
            let wave = match walked.get(&number) {
                Some((then, wave)) if *then == digest => Arc::clone(wave),
                _ => Arc::new(self.wave_at(place, &mut known)?),
            };
            walked.insert(number, (digest, Arc::clone(&wave)));
            self.judge(&wave, &mut known.stages[place.stage]);
            waves.push(Some(wave));
        }
        Ok(waves)
    }

    /// A digest of the results that decide what a wave is; none as long as one of them is missing.
    fn depends_on(&self, place: Place, stages: &[StageResults]) -> Option<String> {
        let stage = match self.config().stages[place.stage].best {
            Some(_) => &stages[place.stage - 1],
            None if self.config().is_adaptive(place.stage) => &stages[place.stage],
            None => return Some(String::new()),
        };
        stage.ended.then(|| stage.results.digest())
    }

    /// The trials at a place that depends on no result.
    pub(super) fn independent_wave(&self, place: Place) -> Result<Option<Wave>, StudyError> {
        let stage = self.config().stages[place.stage];
        if stage.best.is_some() || self.config().is_adaptive(place.stage) {
            return Ok(None);
        }
        self.wave_at(place, &mut Known::nothing(self.config())).map(Some)
    }

    fn wave_at(&self, place: Place, known: &mut Known) -> Result<Wave, StudyError> {
        let stage = self.config().stages[place.stage];
        let after = self.config().is_adaptive(place.stage).then(|| known.stages[place.stage].results.digest());
        let samples = match (stage.best, &after) {
            (Some(best), _) => best_samples(&known.stages[place.stage - 1].judged, best, self.config().version),
            (None, Some(after)) => self.adaptive_samples(place, after, known),
            (None, None) => self.new_samples(place)?,
        };
        let seeds = &self.config().distinct_seeds();
        let each = |(sample, values): (usize, Values)| {
            let after = &after;
            seeds.iter().map(move |seed| {
                let context = Arc::clone(&self.context);
                let trial = Trial { values: values.clone(), seed: *seed, steps: stage.steps, context };
                StudyTrial::new(place.stage, sample, trial).chosen_after(after.clone())
            })
        };
        Ok(Wave { first: place.first, trials: samples.into_iter().flat_map(each).collect() })
    }

    fn new_samples(&self, place: Place) -> Result<Vec<(usize, Values)>, StudyError> {
        let config = self.config();
        let Stream { first, point, scramble } = config.stream(place.stage);
        let sample = |number| {
            let point = Point { sample: first + number, index: point + number, scramble };
            Ok((point.sample, config.search.sample(&config.space, config.seed, point)?))
        };
        (place.from..place.to).map(sample).collect()
    }

    /// Those that records know, and what the search chooses for the others. Losses at another horizon do not compare: it
    /// is told those of its stage.
    fn adaptive_samples(&self, place: Place, after: &str, known: &mut Known) -> Vec<(usize, Values)> {
        let asked = known.asked.get_or_init(|| Asked::of(&self.store, &self.search()));
        let (config, stage) = (self.config(), &mut known.stages[place.stage]);
        let listed = if config.version == 1 { LISTED_FIRST } else { LISTED };
        let mut choose = |sample: usize| {
            let search = stage.search.get_or_insert_with(|| Parzen::new(&config.space, listed));
            let told = search.told();
            stage.judged[told..].iter().for_each(|judged| search.tell(&judged.values, judged.told()));
            #[cfg(test)]
            self.asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            search.ask(config.seed, sample)
        };
        let samples = (place.from..place.to).map(|number| config.stream(place.stage).first + number);
        samples.map(|sample| (sample, asked.get(sample, after).cloned().unwrap_or_else(|| choose(sample)))).collect()
    }

    /// What decides how a study goes on. In version 1 a trial had diverged if it ended above its first loss, which today may
    /// have learned nothing or be noise: judged otherwise, its walk would lead elsewhere than it did.
    fn loss(&self, outcome: &Outcome, losses: &[f64]) -> f64 {
        let first = losses.first().filter(|_| self.config().version == 1 && losses.len() > 1);
        let above = |loss: &f64| first.is_some_and(|first| loss > first);
        outcome.loss().filter(|loss| !above(loss)).unwrap_or(f64::INFINITY)
    }

    /// Adds a wave's results to its stage, as far as they are there.
    fn judge(&self, wave: &Wave, stage: &mut StageResults) {
        let (seeds, distinct) = (&self.config().seeds, self.config().distinct_seeds().len());
        for of_sample in wave.trials.chunks(distinct) {
            let (mut loss, mut trusted) = (0.0, true);
            // In the order of the seeds, and as often as each is there: sums differ in their last bit otherwise.
            for seed in seeds {
                let trial = of_sample.iter().find(|trial| trial.seed == *seed).expect("bug: every seed has a trial");
                let Some(stored) = self.store.get(trial.name()) else {
                    stage.ended = false;
                    return;
                };
                let outcome = self.outcome(&stored);
                loss += self.loss(&outcome, &stored.curve.losses) / seeds.len() as f64;
                trusted &= self.config().version == 1 || StoppedLoss::of(&stored.curve, &outcome).is_none();
            }
            let (sample, values) = (of_sample[0].sample, of_sample[0].values.clone());
            stage.results.add(sample, loss, trusted);
            stage.judged.push(Sampled { sample, values, loss, trusted });
        }
    }
}

/// Those with the lowest losses, the best first; of equal ones the earlier. What is not trusted comes after all others.
/// Of samples with the same values one goes on; in the first version each did.
fn best_samples(judged: &[Sampled], best: usize, version: u32) -> Vec<(usize, Values)> {
    let mut results: Vec<&Sampled> = judged.iter().filter(|judged| judged.loss.is_finite()).collect();
    results.sort_by(|a, b| b.trusted.cmp(&a.trusted).then(a.loss.total_cmp(&b.loss)).then(a.sample.cmp(&b.sample)));
    if version > 1 {
        let mut taken = HashSet::new();
        results.retain(|judged| taken.insert(serde_json::to_string(&judged.values).expect("bug: values are JSON")));
    }
    results.truncate(best);
    results.into_iter().map(|judged| (judged.sample, judged.values.clone())).collect()
}
