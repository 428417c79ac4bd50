#![doc = include_str!("../README.md")]
//!
//! The rooms, in the order of the workflow: [`Space`] and [`Search`] (which values are tried), [`Study`] (the directory
//! that says which trials there are and remembers each), [`launch`] (running them: here or on a cluster, closures or
//! programs), [`choose`](fn@choose) (the best, with intervals, importance and warnings), [`transfer`](fn@transfer) (the
//! proxy's values to the target's), [`Cost`] (what it took), [`report`] (figures, page, numbers).
//!
//! Beside them: [`Archive`] (runs remembered by what they are, for checks), [`in_parallel`] (runs side by side),
//! [`Optimum`] (of a grid of rates), [`figure`] (what all figures are made with), [`cli`] (the command line).
//!
//! It knows nothing of how a trial trains, nor Burn.

mod archive;
mod choice;
#[cfg(all(feature = "cli", unix))]
pub mod cli;
mod cost;
mod durable;
mod error;
pub mod figure;
mod foreign;
mod hyperparameters;
mod jobs;
pub mod launch;
mod log2_grid;
mod optimum;
mod outcome;
mod records;
pub mod report;
mod search;
mod space;
mod study;
mod transfer;
mod trial;
mod values;

pub use archive::{Archive, Damaged};
pub use choice::{
    Candidate, Choice, ChoiceError, Chosen, Counts, Importance, Interval, Noise, NoiseSource, SAMPLES_FOR_IMPORTANCE,
    Share, Warning, across_width, choose,
};
pub use cost::{Cost, Spent};
pub use durable::write_durably;
pub use error::{Difference, SpaceError, StudyError, TransferError};
pub use hyperparameters::{Hyperparameter, Hyperparameters, Transferable};
pub use jobs::in_parallel;
pub use log2_grid::Log2Grid;
pub use optimum::{Edge, Fit, Optimum, Point};
pub use outcome::{Failure, Outcome, Smoothing};
pub use records::{Ended, Record, Source};
pub use search::Search;
pub use space::{Dimension, Space};
pub use study::{Claim, Program, Records, Stage, Study, StudyConfig, StudyRecord, StudyTrial, Wave};
pub use transfer::{Transfer, Transferred, transfer};
pub use trial::{Curve, Evaluation, Trial, TrialRecord};
pub use values::{Setting, Values};
