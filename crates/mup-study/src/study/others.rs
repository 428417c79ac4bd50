//! Ended trials that no place of the study has, and what they differ in: an edit loses nothing, and its inverse brings
//! them back.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::asked::without_place;
use super::{Study, Wave};
use crate::{Difference, Search, Stored};

/// Trials of another configuration than the one that `study.toml` says now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Others {
    /// How many have ended.
    pub trials: usize,
    /// Every setting that differs: there, and now. Empty if they may be those of a wave that is not known yet.
    pub differences: Vec<Difference>,
}

impl std::fmt::Display for Others {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.differences.is_empty() {
            let (trials, belong, it) =
                if self.trials == 1 { ("trial", "belongs", "it") } else { ("trials", "belong", "them") };
            return write!(
                f,
                "{} ended {trials} perhaps {belong} to a stage or round that waits for others: used if the results before \
                 {it} choose {it} again",
                self.trials
            );
        }
        let difference = |one: &Difference| match one.asked.as_str() {
            "" => format!("{}: {}", one.setting, one.there),
            asked => format!("{}: {} there, {asked} now", one.setting, one.there),
        };
        let differences: Vec<String> = self.differences.iter().map(difference).collect();
        let (trials, belong) = if self.trials == 1 { ("trial", "belongs") } else { ("trials", "belong") };
        write!(
            f,
            "{} ended {trials} {belong} to another configuration ({}): restore it, or leave them",
            self.trials,
            differences.join("; ")
        )
    }
}

impl Study {
    /// The records that no known wave has, by what they differ in.
    pub(super) fn others(&self, waves: &[Option<Arc<Wave>>]) -> Vec<Others> {
        let ours: HashSet<&str> =
            waves.iter().flatten().flat_map(|wave| wave.trials.iter().map(super::StudyTrial::name)).collect();
        let places = self.config().places().zip(waves).filter(|(_, wave)| wave.is_none());
        let waiting: HashSet<usize> = places.map(|(place, _)| self.config().stages[place.stage].steps).collect();
        let now = self.search();
        let mut groups: BTreeMap<String, Others> = BTreeMap::new();
        for stored in self.store.all() {
            if ours.contains(stored.trial.id().as_str()) {
                continue;
            }
            let mut differences = self.differences(&stored, &now);
            if differences.is_empty() && !waiting.contains(&stored.trial.steps) {
                let (setting, there) = match stored.search {
                    Some(_) => ("samples", "there were more, or other results to choose them from"),
                    None => ("seed, search, space or number of trials", "others"),
                };
                let (setting, there) = (setting.to_owned(), there.to_owned());
                differences.push(Difference { setting, there, asked: String::new() });
            }
            let key = format!("{differences:?}");
            groups.entry(key).or_insert(Others { trials: 0, differences }).trials += 1;
        }
        groups.into_values().collect()
    }

    fn differences(&self, stored: &Stored, now: &Value) -> Vec<Difference> {
        let (config, trial) = (self.config(), &stored.trial);
        let mut differences = Difference::between(&trial.context, &self.context);
        let list = |known: Vec<String>| known.join(", ");
        let mut differ = |setting: &str, there: String, asked: Vec<String>| {
            if !asked.contains(&there) {
                differences.push(Difference { setting: setting.to_owned(), there, asked: list(asked) });
            }
        };
        let steps = config.stages.iter().map(|stage| stage.steps.to_string());
        differ("steps", trial.steps.to_string(), steps.collect());
        differ("seeds", trial.seed.to_string(), config.seeds.iter().map(u64::to_string).collect());
        // Records of the first version do not say.
        if let Some(there) = &stored.search {
            let mut searches = Difference::between(&without_place(there), now);
            // Of a round only an adaptive search knows.
            searches.retain(|one| one.setting != "round" || config.search == Search::Tpe);
            differences.extend(searches);
        }
        differences
    }
}
