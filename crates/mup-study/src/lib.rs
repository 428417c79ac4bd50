#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Space`] and [`Search`] (which values are
//! tried), [`Study`] (the directory that says which trials there are and remembers each), [`launch`] (running them: here
//! or on a cluster, closures or programs), [`cli`] (what programs with a study share of a command line).

#[cfg(all(feature = "cli", unix))]
pub mod cli;
mod curve;
mod denied;
mod error;
mod foreign;
pub mod launch;
mod near;
mod outcome;
mod placeholders;
mod quote;
mod records;
mod remarks;
mod search;
mod shared;
mod space;
mod start;
mod steps;
mod stopped_loss;
mod store;
mod study;
mod values;

pub use curve::{Evaluation, TrialCurve};
pub use error::{Difference, SpaceError, StudyError};
pub use outcome::{Failure, Outcome, Smoothing};
pub use records::{Record, RecordSource, Stored, TrialEnd};
pub use search::Search;
pub use space::{Dimension, Space};
pub use stopped_loss::StoppedLoss;
pub use store::{Damage, Store};
pub use study::limits;
pub use study::{
    ChangedFile, Mistake, Others, Program, Records, Retried, Stage, Study, StudyConfig, StudyRecord, StudyTrial, Trial,
};
pub use values::{Setting, Values, rounded};
