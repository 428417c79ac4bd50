#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Hyperparameter`] (what is tuned, and what of it transfers), [`SearchSpace`] and [`sweep`]
//! (which values are tried), [`Trial`] (one training run and its record), [`Study`] (the directory that
//! remembers), [`in_parallel`] (runs side by side), [`Optimum`] and [`choose`] (the choice),
//! [`transfer`](fn@transfer) (proxy's values to the target's), [`Cost`] (what it took), [`report`] (figures, page,
//! numbers), [`figure`] (what all figures are made with).
//!
//! It knows nothing of how a trial trains: a trial is a closure.

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
mod optimum;
mod outcome;
mod records;
pub mod report;
mod search;
mod search_space;
mod space;
mod study;
mod sweep;
mod transfer;
mod trial;
mod values;

pub use archive::Archive;
pub use choice::{
    Candidate, Choice, ChoiceError, Chosen, Counts, Importance, Interval, Noise, NoiseSource, SAMPLES_FOR_IMPORTANCE,
    Share, Warning, across_width, choose,
};
pub use cost::{Cost, Spent};
pub use durable::write_durably;
pub use error::{Difference, SpaceError, StudyError, TransferError};
pub use hyperparameters::{Hyperparameter, Hyperparameters, Transferable};
pub use jobs::in_parallel;
pub use optimum::{Edge, Fit, Optimum, Point};
pub use outcome::{Failure, Outcome, Smoothing};
pub use records::{Ended, Record, Source};
pub use search::Search;
pub use search_space::{Log2Grid, SearchSpace};
pub use space::{Dimension, Space};
pub use study::{Claim, Program, Records, Stage, Study, StudyConfig, StudyRecord, StudyTrial, Wave};
pub use sweep::{Slice, Sweep, SweepError, sweep};
pub use transfer::{Transfer, Transferred, transfer};
pub use trial::{Curve, Evaluation, Trial, TrialRecord};
pub use values::{Setting, Values};
