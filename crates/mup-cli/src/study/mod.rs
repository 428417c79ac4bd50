//! The commands on a study of a family: tune a proxy, choose, train the target, report.

mod arguments;
mod choose;
mod circumstances;
mod everything;
mod opened;
mod progress;
mod report;
mod reproduce;
mod space;
mod tables;
mod target;
#[cfg(test)]
mod tests;
mod trial;
mod tuned_control;
mod values;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mup_study::Study;
use mup_study::cli::{self, Interrupt, Status, TuneArguments, say, whole};
use mup_train::FamilyError;

pub use arguments::{CheckpointArguments, DEFAULT_STUDY, StudyArguments};
pub use everything::everything;
pub use target::TrainCommand;

use crate::{AnyFamily, TargetRunArguments, output};
use opened::Opened;

/// From a study to the family that it is of: the program's own, or made from what the study says.
pub type FamilyOf<'a> = &'a dyn Fn(&Study) -> Result<Box<dyn AnyFamily>, FamilyError>;

/// Creates a study, or continues one: trains every trial on the proxy that has no record.
#[derive(Clone, Debug, Args)]
pub struct TuneCommand {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub study: StudyArguments,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub tune: TuneArguments,
    /// Print how far it is as JSON.
    #[arg(long)]
    pub json: bool,
}

impl TuneCommand {
    pub(crate) fn run(&self, family: &dyn AnyFamily) -> Result<ExitCode, FamilyError> {
        self.tune.check()?;
        let study = self.study.open(family)?;
        self.run_on(&study, family)
    }

    /// Runs what the study still lacks.
    ///
    /// # Errors
    ///
    /// A study that was made for another family, program or rule, and those of launching.
    pub fn run_on(&self, study: &Study, family: &dyn AnyFamily) -> Result<ExitCode, FamilyError> {
        let tuned = Opened::new(study, family)?.tune(&self.tune)?;
        let status = Status::of(study)?;
        output::print(&status, self.json)?;
        Ok(status.exit_code(tuned))
    }
}

/// A command on a study that exists.
#[derive(Clone, Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, parsed once")]
pub enum StudyCommand {
    /// Choose the best values of a study: with intervals, importance, runners-up and warnings, and what becomes of them in the
    /// target.
    Choose {
        /// Folder of the study.
        #[arg(long, value_name = "DIR", default_value = DEFAULT_STUDY)]
        study: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Train the target with the transferred values, or with others, where the study was tuned (its --device); continues
    /// from its last checkpoint. Another size is a study's: `tune --target`. Exit code 1 if it diverges.
    Train(TrainCommand),
    /// Write the report of a study and of the targets trained so far.
    Report {
        /// Folder of the study.
        #[arg(long, value_name = "DIR", default_value = DEFAULT_STUDY)]
        study: PathBuf,
        /// Show loss against learning rate of this study of the rate alone too; may be repeated, one for each width
        /// and parametrization. The study itself is shown first if it is one.
        #[arg(long, value_name = "DIR")]
        compare: Vec<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs)]
        target_run: TargetRunArguments,
        /// Print the numbers as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say how far a study is.
    Status {
        /// Folder of the study.
        #[arg(long, value_name = "DIR", default_value = DEFAULT_STUDY)]
        study: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget failed trials, so that `tune` runs them again.
    Retry {
        /// Folder of the study.
        #[arg(long, value_name = "DIR", default_value = DEFAULT_STUDY)]
        study: PathBuf,
    },
    /// Run one trial: by its index, as a cluster's array task does, or from its file, as `tune` does.
    Trial {
        /// Folder of the study.
        #[arg(long, value_name = "DIR")]
        study: PathBuf,
        /// Index of the trial, from 0.
        #[arg(long, conflicts_with = "file", required_unless_present = "file", value_parser = whole::<usize, 0>)]
        index: Option<usize>,
        /// The trial's file; reports go to standard output.
        #[arg(long)]
        file: Option<PathBuf>,
    },
}

impl StudyCommand {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// A study that is not there, damaged, or made for another family; what the family says.
    pub fn run(&self, family: FamilyOf<'_>) -> Result<ExitCode, FamilyError> {
        match self {
            Self::Choose { study, json } => choose::run(study, family, *json)?,
            Self::Train(command) => return command.run(family),
            Self::Report { study, compare, target_run, json } => {
                let study = Study::open(study)?;
                let family = family(&study)?;
                let opened = Opened::new(&study, &*family)?.with_target_run(target_run)?;
                report::run(&opened, compare, *json)?;
            }
            Self::Status { study, json } => output::print(&Status::of(&Study::open(study)?)?, *json)?,
            Self::Retry { study } => say(cli::retry(&Study::open(study)?)?),
            Self::Trial { study, index: Some(index), .. } => {
                let (record, _) = cli::run_trial(&Study::open(study)?, *index, &Interrupt::listen()?)?;
                say(format!("{}: {}", record.trial.place(), record.outcome));
            }
            Self::Trial { study, file, .. } => {
                let opened = Study::open(study)?;
                let file: &Path = file.as_deref().unwrap_or(study);
                trial::run(&Opened::new(&opened, &*family(&opened)?)?, file)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
