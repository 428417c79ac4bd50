//! What `study.toml` says of a family's proxy and target.

use std::collections::BTreeMap;

use mup_devices::DeviceName;
use mup_rules::RunLaw;
use mup_study::StudyConfig;
use mup_train::{FamilyError, Size};
use serde::{Deserialize, Serialize};

use crate::Identity;

/// `[proxy]`: everything that decides a trial's numbers besides its values, seed and steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Proxy {
    #[serde(flatten)]
    pub(super) identity: Identity,
    pub(super) parametrization: String,
    /// Its numbers by name; the choice looks among them for a width that is too small.
    pub(super) size: toml::Table,
    /// Where µP is the standard parametrization, as the command line writes it.
    pub(super) base: String,
    /// What grows.
    pub(super) grows: Vec<String>,
    /// Fingerprint of the plan, so that a changed rule is another study.
    pub(super) plan: String,
    pub(super) device: DeviceName,
    /// The family's own values of what neither the space nor the settings say.
    pub(super) values: BTreeMap<String, f64>,
    /// Schedule, clipping, micro batches.
    pub(super) training: toml::Table,
    /// What the program makes the family from.
    #[serde(flatten)]
    pub(super) settings: toml::Table,
}

/// `[target]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Target {
    pub(super) size: toml::Table,
    pub(super) steps: usize,
    /// Batches of the family in a step.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(super) batches: usize,
    /// What follows another batch and length than the proxy's.
    #[serde(default = "RunLaw::none", with = "by_name", skip_serializing_if = "RunLaw::is_none")]
    pub(super) run_law: RunLaw,
    pub(super) micro_batches: usize,
    pub(super) evaluate_every: usize,
    /// Fingerprint of the plan.
    pub(super) plan: String,
}

fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_one(n: &usize) -> bool {
    *n == 1
}

/// A law as the command line names it.
mod by_name {
    use mup_rules::RunLaw;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(law: &RunLaw, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&law.name)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RunLaw, D::Error> {
        RunLaw::named(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Proxy {
    pub(super) fn of(config: &StudyConfig) -> Result<Self, FamilyError> {
        read("[proxy]", &config.proxy)
    }
}

impl Target {
    pub(super) fn of(config: &StudyConfig) -> Result<Self, FamilyError> {
        read("[target]", &config.target)
    }
}

fn read<T: serde::de::DeserializeOwned>(name: &str, table: &toml::Table) -> Result<T, FamilyError> {
    let read = table.clone().try_into();
    read.map_err(|error: toml::de::Error| format!("study.toml: {name} is not one of this program's: {error}").into())
}

/// A size as a table.
pub(super) fn of_size(size: &Size) -> toml::Table {
    size.iter().map(|(name, number)| (name.to_owned(), (number as i64).into())).collect()
}

/// A size of the family, from its table.
pub(super) fn size(family: &Size, name: &str, table: &toml::Table) -> Result<Size, FamilyError> {
    changed(family, name, &as_written(table))
}

/// A table of a size as the command line writes it.
pub(super) fn as_written(size: &toml::Table) -> String {
    size.iter().map(|(name, number)| format!("{name}={number}")).collect::<Vec<_>>().join(",")
}

/// The same as the command line writes it.
pub(super) fn changed(family: &Size, table: &str, change: &str) -> Result<Size, FamilyError> {
    family.changed(change).map_err(|error| format!("study.toml: {table} is of another family: {error}").into())
}

pub(super) fn table(value: &impl Serialize) -> toml::Table {
    toml::Table::try_from(value).expect("bug: plain data with text keys is always TOML")
}
