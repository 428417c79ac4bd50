//! One measured number, and all of them together.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

use super::{CheckError, Criteria, Report, Statistic};

/// Of what the statistic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// The activation x_t.
    Activation,
    /// Its change since initialization on the same batch, Δx_t = x_t − x_0.
    Change,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Activation => "activation",
            Self::Change => "change",
        })
    }
}

/// One measured number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Width of the model.
    pub width: usize,
    /// Seed of the trial.
    pub seed: u64,
    /// Number of optimizer steps done before the forward pass.
    pub step: usize,
    /// Name of the activation.
    pub module: String,
    /// The activation or its change.
    pub quantity: Quantity,
    /// Which statistic.
    pub statistic: Statistic,
    /// The number; not finite where the model diverged.
    pub value: f64,
}

/// Every record of a check, in the order measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Records(pub(crate) Vec<Record>);

impl Records {
    /// Records from elsewhere, for example read from a file.
    #[must_use]
    pub fn new(records: Vec<Record>) -> Self {
        Self(records)
    }

    /// The records, in the order measured.
    pub fn iter(&self) -> std::slice::Iter<'_, Record> {
        self.0.iter()
    }

    /// Fits slopes and judges them.
    ///
    /// # Errors
    ///
    /// [`CheckError::Criterion`], [`CheckError::TooFewWidths`], [`CheckError::MissingAtWidth`].
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
}

impl<'a> IntoIterator for &'a Records {
    type Item = &'a Record;
    type IntoIter = std::slice::Iter<'a, Record>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
