//! Studies of one hyperparameter at several widths, as the runs that a transfer check judges.

use std::path::PathBuf;

use mup_study::{Outcome, Setting, Space, Study, StudyError};
use mup_verdict::transfer::{Run, Runs};

use crate::choice::width_of;

/// A study of one width.
#[derive(Debug)]
#[non_exhaustive]
pub struct WidthStudy {
    /// Width of its model.
    pub width: usize,
    /// The study.
    pub study: Study,
}

/// Studies that are no sweep over widths.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WidthsError {
    /// The study cannot be read.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// Nobody says how wide its model is.
    #[error("{0}: `[proxy]` in study.toml says no width; say it as WIDTH={0}", folder.display())]
    NoWidth {
        /// Folder of the study.
        folder: PathBuf,
    },
    /// Not one number varies.
    #[error(
        "{}: {varied}; follow one hyperparameter at a time, with the others `fixed`, in a study of its own",
        folder.display()
    )]
    NotOne {
        /// Folder of the study.
        folder: PathBuf,
        /// What does.
        varied: String,
    },
    /// Two studies that are not of one sweep.
    #[error("{} has {here} and {} has {there}: a drift would be of both, width and that", folder.display(), other.display())]
    Unlike {
        /// Folder of the one.
        folder: PathBuf,
        /// Its value.
        here: String,
        /// Folder of the other.
        other: PathBuf,
        /// Its value.
        there: String,
    },
    /// A value without a logarithm.
    #[error("{}: `{name}` was tried at {value}, which has no place on a scale of octaves", folder.display())]
    NoOctaves {
        /// Folder of the study.
        folder: PathBuf,
        /// The hyperparameter.
        name: String,
        /// Its value.
        value: String,
    },
    /// Nothing has ended.
    #[error("{}: no trial has ended; `mup-transfer tune` runs them", folder.display())]
    Empty {
        /// Folder of the study.
        folder: PathBuf,
    },
}

impl WidthStudy {
    /// The study in a folder, of the width given, otherwise of the one that its `[proxy]` says.
    ///
    /// # Errors
    ///
    /// [`WidthsError::Study`], [`WidthsError::NoWidth`].
    pub fn open(folder: PathBuf, width: Option<usize>) -> Result<Self, WidthsError> {
        let study = Study::open(&folder)?;
        let width = width.or_else(|| width_of(&study.config().proxy)).ok_or(WidthsError::NoWidth { folder })?;
        Ok(Self { width, study })
    }
}

/// The runs of every study's first stage, which has the whole grid; and what of them took no part, in sentences.
///
/// # Errors
///
/// [`WidthsError`]: more than one number varies, other hyperparameters or horizons, nothing that has ended.
pub fn over_widths(label: &str, studies: &[WidthStudy]) -> Result<(Runs, Vec<String>), WidthsError> {
    let mut runs =
        Runs { label: label.to_owned(), hyperparameter: String::new(), grows: "width".to_owned(), runs: Vec::new() };
    let mut remarks = Vec::new();
    for WidthStudy { width, study } in studies {
        let (config, folder) = (study.config(), study.folder().to_owned());
        let name = the_one(&config.space).map_err(|varied| WidthsError::NotOne { folder: folder.clone(), varied })?;
        alike(&studies[0].study, study, name)?;
        runs.hyperparameter = name.replace(['-', '_'], " ");
        let records = study.records()?;
        let (before, mut failed) = (runs.runs.len(), 0);
        for record in records.records.iter().filter(|record| record.trial.stage == 0) {
            if matches!(record.outcome, Outcome::Failed(_)) {
                failed += 1;
                continue;
            }
            let value = record.trial.values.get(name).and_then(Setting::number).unwrap_or(f64::NAN);
            if !(value.is_finite() && value > 0.0) {
                return Err(WidthsError::NoOctaves { folder, name: name.to_owned(), value: value.to_string() });
            }
            let (seed, loss) = (record.trial.seed, record.outcome.loss());
            runs.runs.push(Run { width: *width, seed, log2_value: value.log2(), loss });
        }
        if runs.runs.len() == before {
            return Err(WidthsError::Empty { folder });
        }
        for (count, what) in [
            (records.missing, "have no record yet"),
            (failed, "failed, which says nothing of their values"),
            (records.damaged.len() + records.unreadable.len(), "cannot be read"),
        ] {
            if count > 0 {
                remarks.push(format!("{}: {count} of its trials {what}, and took no part", folder.display()));
            }
        }
    }
    Ok((runs, remarks))
}

/// The hyperparameter that varies, otherwise what does.
fn the_one(space: &Space) -> Result<&str, String> {
    let varied: Vec<&str> = space.varied().map(|(name, _)| name).collect();
    match varied[..] {
        [one] => Ok(one),
        [] => Err("nothing varies".to_owned()),
        _ => Err(format!("{} vary", varied.join(", "))),
    }
}

/// What else than width differs is refused: hyperparameter and horizon.
fn alike(first: &Study, study: &Study, name: &str) -> Result<(), WidthsError> {
    let of = |study: &Study, name: &str| {
        let steps = study.config().stages.first().map_or(0, |stage| stage.steps);
        [name.to_owned(), format!("{steps} steps")]
    };
    let there = of(first, the_one(&first.config().space).unwrap_or_default());
    let differs = of(study, name).into_iter().zip(there).find(|(here, there)| here != there);
    differs.map_or(Ok(()), |(here, there)| {
        let [folder, other] = [study, first].map(|study| study.folder().to_owned());
        Err(WidthsError::Unlike { folder, here, other, there })
    })
}
