//! Studies of one hyperparameter at several widths, as the runs that a transfer check judges.

use std::path::PathBuf;

use mup_study::{Outcome, Space, Study, StudyError};
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
    #[error(
        "{} has {here} and {} has {there}: a drift would be of both, width and that{remedy}",
        folder.display(),
        other.display()
    )]
    Unlike {
        /// Folder of the one.
        folder: PathBuf,
        /// Its value.
        here: String,
        /// Folder of the other.
        other: PathBuf,
        /// Its value.
        there: String,
        /// What to do, behind a semicolon, if more is known than that they have to agree.
        remedy: &'static str,
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

/// The runs of every study's first stage, which has the whole grid; and what of them took no part, in sentences. They are
/// called by the parametrization that `[proxy]` says, else by the label.
///
/// # Errors
///
/// [`WidthsError`]: more than one number varies, studies that differ in more than width, nothing that has ended.
pub fn over_widths(label: &str, studies: &[WidthStudy]) -> Result<(Runs, Vec<String>), WidthsError> {
    let said = studies.first().and_then(|first| parametrization(&first.study));
    let label = said.unwrap_or_else(|| label.to_owned());
    let mut runs = Runs { label, hyperparameter: String::new(), grows: "width".to_owned(), runs: Vec::new() };
    let named = |study: &Study| {
        let refuse = |varied| WidthsError::NotOne { folder: study.folder().to_owned(), varied };
        the_one(&study.config().space).map(str::to_owned).map_err(refuse)
    };
    for WidthStudy { study, .. } in studies {
        alike(&studies[0].study, study, &named(study)?)?;
    }
    let mut remarks = Vec::new();
    for WidthStudy { width, study } in studies {
        let (name, folder) = (named(study)?, study.folder().to_owned());
        runs.hyperparameter = name.replace(['-', '_'], " ");
        let records = study.records()?;
        let (before, mut failed) = (runs.runs.len(), 0);
        for record in records.records.iter().filter(|record| record.trial.stage == 0) {
            if matches!(record.outcome, Outcome::Failed(_)) {
                failed += 1;
                continue;
            }
            let value = record.trial.values.number(&name).unwrap_or(f64::NAN);
            if !(value.is_finite() && value > 0.0) {
                return Err(WidthsError::NoOctaves { folder, name, value: value.to_string() });
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

/// What `[proxy]` says of a parametrization, as tables call it.
fn parametrization(study: &Study) -> Option<String> {
    let name = study.config().proxy.get("parametrization")?.as_str()?;
    Some(match name {
        "standard" => "SP".to_owned(),
        "mup" => "µP".to_owned(),
        other => other.to_owned(),
    })
}

/// What else than width differs is refused.
fn alike(first: &Study, study: &Study, name: &str) -> Result<(), WidthsError> {
    let of_first = settings(first, the_one(&first.config().space).unwrap_or_default());
    let of_study = settings(study, name);
    let names = of_study.iter().chain(&of_first).map(|(name, _)| name);
    let value = |settings: &[(String, String)], wanted: &str| {
        let said = settings.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        said.unwrap_or_else(|| format!("no {wanted}"))
    };
    for name in names {
        let (here, there) = (value(&of_study, name), value(&of_first, name));
        if here != there {
            let [folder, other] = [study, first].map(|study| study.folder().to_owned());
            let remedy = if name == BASE { "; give all of them one base: `--base` of `tune`" } else { "" };
            return Err(WidthsError::Unlike { folder, here, other, there, remedy });
        }
    }
    Ok(())
}

/// Where µP equals SP: the proxy's own size, unless it is said.
const BASE: &str = "[proxy] base";

/// What `mup-cli` writes into `[proxy]` that decides a trial and has nothing to do with its width; a study of another program
/// may have none of it.
const OF_THE_PROXY: [&str; 9] =
    ["base", "parametrization", "training", "fingerprint", "family", "start", "grows", "device", "values"];

/// What has to agree, each with its value in words.
fn settings(study: &Study, name: &str) -> Vec<(String, String)> {
    let config = study.config();
    let steps = config.stages.first().map_or(0, |stage| stage.steps);
    let mut settings =
        vec![("hyperparameter".to_owned(), name.to_owned()), ("steps".to_owned(), format!("{steps} steps"))];
    for entry in OF_THE_PROXY {
        if let Some(value) = config.proxy.get(entry) {
            collect(&format!("[proxy] {entry}"), value, &mut settings);
        }
    }
    settings.push(("seeds".to_owned(), format!("seeds {:?}", config.seeds)));
    settings.push(("last-share".to_owned(), format!("last-share {}", config.last_share)));
    settings
}

/// The values in an entry, each with its path.
fn collect(path: &str, value: &toml::Value, settings: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            table.iter().for_each(|(name, value)| collect(&format!("{path}.{name}"), value, settings));
        }
        value => settings.push((path.to_owned(), format!("{path} = {value}"))),
    }
}
