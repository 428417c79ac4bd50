//! Each run once: a search may draw the same values again, and what is read twice was measured once.

use std::collections::{BTreeMap, BTreeSet};

use mup_study::StudyRecord;

/// A run, at the first of its places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    pub(super) record: &'a StudyRecord,
    /// Samples that are this run.
    pub(super) places: usize,
}

/// One for each content, in order of place: 32 random samples of a list of 8 rates are 8 runs at most, each read from
/// the one file that is named after what it trained.
pub(super) fn runs(records: &[StudyRecord]) -> Vec<Run<'_>> {
    let mut known: BTreeMap<&str, Vec<&StudyRecord>> = BTreeMap::new();
    records.iter().for_each(|record| known.entry(record.trial.name()).or_default().push(record));
    let mut runs: Vec<Run<'_>> = known.into_values().filter_map(run).collect();
    runs.sort_by_key(|run| (place(run.record), run.record.trial.seed));
    runs
}

fn run(same: Vec<&StudyRecord>) -> Option<Run<'_>> {
    let places = same.iter().map(|record| record.trial.sample).collect::<BTreeSet<_>>().len();
    let record = same.into_iter().min_by_key(|record| place(record))?;
    Some(Run { record, places })
}

fn place(record: &StudyRecord) -> (usize, usize) {
    (record.trial.stage, record.trial.sample)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mup_study::{Dimension, Outcome, Space, StudyConfig, StudyTrial, Trial, TrialCurve};

    use super::*;
    use crate::choice::candidate::{Candidate, judge};
    use crate::choice::forest::{mix, normal};
    use crate::choice::surrogate::Surrogate;
    use crate::choice::{Noise, finished, horizons, noise};

    /// A space of lists of 8, and one trial for each combination and seed.
    fn every_trial(names: &[&str], seeds: u64) -> (StudyConfig, Vec<Vec<StudyTrial>>) {
        let list = Dimension::Grid((0..8).map(f64::from).collect());
        let space = names.iter().fold(Space::default(), |space, name| space.with(name, list.clone()));
        let trial = |values: &mup_study::Values, seed| {
            let (values, context) = (values.clone(), Arc::new(serde_json::Value::Null));
            StudyTrial::new(0, 0, Trial { values, seed, steps: 10, context })
        };
        let of = |i: usize| -> Vec<StudyTrial> {
            let values = space.combination(i).unwrap();
            (0..seeds).map(|seed| trial(&values, seed)).collect()
        };
        let trials = (0..space.n_combinations().unwrap()).map(of).collect();
        (StudyConfig { seeds: (0..seeds).collect(), ..StudyConfig::new(space, vec![]) }, trials)
    }

    fn measured(config: &StudyConfig, records: &[StudyRecord]) -> Option<Noise> {
        let mut finished = finished(&judge(config, records));
        finished.sort_by(|(a, _), (b, _)| Candidate::order(a, b));
        let surrogate = Surrogate::of(&config.space, &horizons(&finished, 10));
        noise::measure(config.seeds.len(), &finished, surrogate.as_ref())
    }

    fn placed(trial: &StudyTrial, sample: usize) -> StudyTrial {
        let mut trial = trial.clone();
        trial.sample = sample;
        trial
    }

    /// Of studies with normal noise alone: the share that measured it, and of those the share in which two more samples
    /// lie within the tolerance of each other.
    fn simulated(names: &[&str], seeds: u64, samples: usize) -> (f64, f64) {
        let (config, trials) = every_trial(names, seeds);
        let mut normal = normal(11);
        let studies = 2000_u64;
        let (mut told, mut within) = (0, 0);
        for study in 0..studies {
            let losses: Vec<f64> = (0..trials.len() * seeds as usize).map(|_| normal()).collect();
            let record = |sample: usize, combination: usize, seed: usize| {
                let trial = placed(&trials[combination][seed], sample);
                let loss = losses[combination * seeds as usize + seed];
                StudyRecord {
                    trial,
                    outcome: Outcome::Finished { loss },
                    curve: Arc::new(TrialCurve::default()),
                    seconds: 1.0,
                }
            };
            let drawn = |sample: usize| (mix(study, sample as u64) % trials.len() as u64) as usize;
            let of = |sample: usize| (0..seeds as usize).map(move |seed| (sample, seed));
            let places = (0..samples).flat_map(of);
            let records: Vec<StudyRecord> = places.map(|(sample, seed)| record(sample, drawn(sample), seed)).collect();
            let mut mean = || (0..seeds).map(|_| normal()).sum::<f64>() / seeds as f64;
            let difference = (mean() - mean()).abs();
            if let Some(noise) = measured(&config, &records) {
                told += 1;
                within += usize::from(difference <= noise.tolerance);
            }
        }
        (f64::from(told) / studies as f64, within as f64 / f64::from(told))
    }

    #[test]
    fn the_tolerance_holds_its_level_where_samples_of_a_list_are_drawn_again() {
        // A standard error of √(0.95 · 0.05 / 2000) = 0.0049, five of them.
        let (told, within) = simulated(&["rate"], 2, 32);
        assert!(told >= 1.0 && (within - 0.95).abs() < 0.025, "{told}, {within}");
        let (told, within) = simulated(&["rate", "scale"], 1, 64);
        assert!(told >= 1.0 && (within - 0.95).abs() < 0.025, "{told}, {within}");
    }

    #[test]
    fn eight_runs_with_one_seed_tell_no_noise_however_often_they_are_drawn() {
        let (told, _) = simulated(&["rate"], 1, 32);
        assert!(told <= 0.0, "{told}");
    }
}
