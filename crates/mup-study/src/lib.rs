#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Space`] and [`Search`] (which values are
//! tried), [`Study`] (the directory that says which trials there are and remembers each), [`launch`] (running them: here
//! or on a cluster, closures or programs), [`cli`] (what programs with a study share of a command line).

mod archive;
#[cfg(all(feature = "cli", unix))]
pub mod cli;
mod error;
mod foreign;
mod hyperparameters;
pub mod launch;
mod outcome;
mod records;
mod search;
mod space;
mod study;
mod trial;
mod values;

pub use archive::{Archive, Damaged};
pub use error::{Difference, SpaceError, StudyError};
pub use hyperparameters::{Hyperparameter, Hyperparameters};
pub use outcome::{Failure, Outcome, Smoothing};
pub use records::{Ended, Record, Source};
pub use search::Search;
pub use space::{Dimension, Space};
pub use study::{Claim, Program, Records, Stage, Study, StudyConfig, StudyRecord, StudyTrial, Wave};
pub use trial::{Curve, Evaluation, Trial, TrialRecord};
pub use values::{Setting, Values, rounded};
