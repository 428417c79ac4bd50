//! One measured number, and all of them together.

use std::path::{Path, PathBuf};

use mup_files::write_durably;
use serde::{Deserialize, Serialize};

use super::{CheckError, Criteria, Quantity, Report, Source, Statistic};

/// One measured number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Width of the model, or of a check along depth its depth.
    pub width: usize,
    /// Seed of the trial.
    pub seed: u64,
    /// Number of optimizer steps done before the forward pass.
    pub step: usize,
    /// Name of the activation, or path of the parameter.
    pub module: String,
    /// The kind of tensor.
    pub source: Source,
    /// That, or its change.
    pub quantity: Quantity,
    /// Which statistic.
    pub statistic: Statistic,
    /// Length of its vectors, where it is known: the last axis, all others are the batch.
    #[serde(default)]
    pub d: Option<usize>,
    /// The number; not finite where the model diverged (in JSON, the text `NaN`, `inf` or `-inf`).
    #[serde(with = "crate::number")]
    pub value: f64,
}

/// A file of a finished trial that could not be used, so that the trial was run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamagedTrial {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

/// Every record of a check, in the order measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    pub(crate) records: Vec<Record>,
    pub(crate) damaged: Vec<DamagedTrial>,
}

impl Records {
    /// Records from elsewhere, for example read from a file.
    #[must_use]
    pub fn new(records: Vec<Record>) -> Self {
        Self { records, damaged: Vec::new() }
    }

    /// The records, in the order measured.
    pub fn iter(&self) -> std::slice::Iter<'_, Record> {
        self.records.iter()
    }

    /// Files of finished trials that were damaged; their trials were run again.
    #[must_use]
    pub fn damaged(&self) -> &[DamagedTrial] {
        &self.damaged
    }

    /// The records of some of the seeds.
    ///
    /// How often a check of 5 seeds is wrong can be measured by drawing 5 of 50 many times, without training again.
    #[must_use]
    pub fn with_seeds(&self, seeds: &[u64]) -> Self {
        Self::new(self.iter().filter(|record| seeds.contains(&record.seed)).cloned().collect())
    }

    /// Fits slopes and judges them.
    ///
    /// # Errors
    ///
    /// [`CheckError::Criterion`], [`CheckError::TooFewWidths`], [`CheckError::MissingAtWidth`],
    /// [`CheckError::StatisticNotRecorded`].
    pub fn judge(self, criteria: Criteria) -> Result<Report, CheckError> {
        Report::new(self, criteria)
    }

    /// Writes every record as CSV, with a header.
    ///
    /// # Errors
    ///
    /// [`CheckError::Write`].
    pub fn write_csv(&self, path: &Path) -> Result<(), CheckError> {
        let failed = |source: csv::Error| CheckError::Write { path: path.to_owned(), source: source.into() };
        let mut writer = csv::Writer::from_path(path).map_err(failed)?;
        self.iter().try_for_each(|record| writer.serialize(record)).map_err(failed)?;
        writer.flush().map_err(|error| failed(error.into()))
    }

    /// Writes every record as a JSON list, one record a line.
    ///
    /// # Errors
    ///
    /// [`CheckError::Write`].
    pub fn write_json(&self, path: &Path) -> Result<(), CheckError> {
        let failed = |source| CheckError::Write { path: path.to_owned(), source };
        let lines: Result<Vec<String>, _> = self.iter().map(serde_json::to_string).collect();
        let lines = lines.map_err(|error| failed(error.into()))?;
        write_durably(path, format!("[\n{}\n]\n", lines.join(",\n")).as_bytes()).map_err(|error| failed(error.into()))
    }
}

impl<'a> IntoIterator for &'a Records {
    type Item = &'a Record;
    type IntoIter = std::slice::Iter<'a, Record>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
