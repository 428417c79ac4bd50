//! Samples that an adaptive search has chosen before, as the records of their trials say: what has ended need not be
//! asked for again, which takes an estimator longer the more it was told.

use std::collections::HashMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Study, StudyTrial};
use crate::Values;
use crate::store::Store;

/// What a choice follows from, beside the search: the results before it, in order.
#[derive(Clone, Debug)]
pub(super) struct Results(Sha256);

impl Results {
    /// None yet, in a study of this version.
    pub(super) fn none(version: u32) -> Self {
        Self(Sha256::new().chain_update(version.to_le_bytes()))
    }

    /// One more. `trusted` says whether it counts as what it is.
    pub(super) fn add(&mut self, sample: usize, loss: f64, trusted: bool) {
        self.0.update((sample as u64).to_le_bytes());
        self.0.update(loss.to_bits().to_le_bytes());
        self.0.update([u8::from(trusted)]);
    }

    /// Their name.
    pub(super) fn digest(&self) -> String {
        self.0.clone().finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Values by the number of their sample and the results that they were chosen from.
#[derive(Debug, Default)]
pub(super) struct Asked(HashMap<(u64, String), Values>);

impl Asked {
    /// What records of the same search say.
    pub(super) fn of(store: &Store, now: &Value) -> Self {
        let of_this = |there: &Value| ["seed", "search", "space"].iter().all(|key| there.get(key) == now.get(key));
        let mut asked = HashMap::new();
        for stored in store.all() {
            let Some(search) = stored.search.as_ref().filter(|search| of_this(search)) else { continue };
            let (sample, after) =
                (search.get(SAMPLE).and_then(Value::as_u64), search.get(AFTER).and_then(Value::as_str));
            if let (Some(sample), Some(after)) = (sample, after) {
                asked.entry((sample, after.to_owned())).or_insert_with(|| stored.trial.values.clone());
            }
        }
        Self(asked)
    }

    pub(super) fn get(&self, sample: usize, after: &str) -> Option<&Values> {
        self.0.get(&(sample as u64, after.to_owned()))
    }
}

/// Which sample a record was made for, and the digest of the results that it was chosen from.
const SAMPLE: &str = "sample";
const AFTER: &str = "after";

impl Study {
    /// What a record keeps of the search that asked for it, beside what was trained.
    pub(super) fn search(&self) -> Value {
        let config = self.config();
        json!({ "seed": config.seed, "search": config.search, "round": config.round, "space": config.space })
    }

    /// The same, with the sample's place in an adaptive search.
    pub(super) fn search_of(&self, trial: &StudyTrial) -> Value {
        let mut search = self.search();
        if let (Some(after), Some(search)) = (&trial.after, search.as_object_mut()) {
            search.insert(SAMPLE.to_owned(), trial.sample.into());
            search.insert(AFTER.to_owned(), after.as_str().into());
        }
        search
    }
}

/// A record's search without the sample's place in it.
pub(super) fn without_place(search: &Value) -> Value {
    let mut search = search.clone();
    if let Some(search) = search.as_object_mut() {
        search.remove(SAMPLE);
        search.remove(AFTER);
    }
    search
}
