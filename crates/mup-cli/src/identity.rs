//! What the numbers of every run of a family depend on, beside its plan, size, values, seed and steps.

use std::collections::BTreeSet;

use mup_files::sha256;
use mup_train::{Family, FamilyError, FamilyRun, Growth, Training};
use serde::{Deserialize, Serialize};

/// The Burn that this program is built with: every crate pins it, and `cargo xtask tidy` compares.
pub const BURN_VERSION: &str = "0.22.1";

/// What studies and checks know a family by: where any of it has changed, what was trained before is of another family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    /// [`Family::name`].
    pub family: String,
    /// [`Family::fingerprint`]: of data, of constants of the model and the optimizer.
    pub fingerprint: String,
    /// Digest of [`Family::start`] at the base.
    pub start: String,
    /// Version of Burn.
    pub burn: String,
    /// Version of this workspace.
    pub mup: String,
}

impl Identity {
    /// Of a family that grows from a base.
    pub(crate) fn of<F: Family>(family: &F, growth: &Growth) -> Result<Self, FamilyError> {
        let start = sha256(serde_json::to_string(&family.start(&growth.base))?);
        Ok(Self {
            family: family.name(),
            fingerprint: family.fingerprint(),
            start: start[..16].to_owned(),
            burn: BURN_VERSION.to_owned(),
            mup: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Whether a study was made for a family that is this one.
    pub(crate) fn unchanged(&self, now: &Self) -> Result<(), FamilyError> {
        unchanged("the family", &self.family, &now.family)?;
        unchanged("data and code of fingerprint", &self.fingerprint, &now.fingerprint)?;
        unchanged("a start of digest", &self.start, &now.start)?;
        unchanged("Burn", &self.burn, &now.burn)?;
        unchanged("mup", &self.mup, &now.mup)
    }
}

/// How the runs of a family are trained: schedule, clipping, micro batches. Rate, steps and seed are a run's own, and how
/// often it is evaluated decides no weight.
pub(crate) fn training(run: &FamilyRun) -> toml::Table {
    let Training { schedule, batches, micro_batches, max_norm, .. } = run.training.clone();
    let decisive = Training { schedule, batches, micro_batches, max_norm, ..Training::new(1, 1.0) };
    let mut table = toml::Table::try_from(decisive).expect("bug: settings with text keys are TOML");
    table.retain(|name, _| !["steps", "learning_rate", "seed"].contains(&name));
    table
}

/// The same of a table, told by what differs alone.
pub(crate) fn unchanged_table(what: &str, there: &toml::Table, here: &toml::Table) -> Result<(), FamilyError> {
    let names: BTreeSet<&String> = there.keys().chain(here.keys()).collect();
    let differing = || names.iter().filter(|name| there.get(**name) != here.get(**name));
    let said = |table: &toml::Table| {
        let one = |name: &&&String| match table.get(**name) {
            Some(value) => format!("{name} = {value}"),
            None => format!("no {name}"),
        };
        differing().map(|name| one(&name)).collect::<Vec<_>>().join(", ")
    };
    unchanged(what, &said(there), &said(here))
}

/// Says which of a study's circumstances has changed, if it has.
///
/// # Errors
///
/// What it was, what it is, and what to do.
pub fn unchanged(what: &str, there: &str, here: &str) -> Result<(), FamilyError> {
    if there == here {
        return Ok(());
    }
    Err(format!(
        "study.toml was made for {what} {there}, and now there is {here}: continue it with the program and data that \
         began it, or begin another study"
    )
    .into())
}
