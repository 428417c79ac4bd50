#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Statistic`] (a number for the size of an activation), [`Record`] (one measured number),
//! [`CoordCheck`] (runs a model over widths, seeds and steps), [`Slope`] (growth in width with an interval),
//! [`Verdict`] (what the slope means) and [`Report`] (table, CSV, figure, exit code).

mod activations;
mod error;
mod plot;
mod record;
mod report;
mod run;
mod slope;
mod statistic;
mod summary;
mod table;
mod verdict;

pub use activations::Activations;
pub use error::{CheckError, TrialError};
pub use record::{Quantity, Record, Records};
pub use report::{Finding, Report};
pub use run::CoordCheck;
pub use slope::Slope;
pub use statistic::Statistic;
pub use summary::Summary;
pub use verdict::{Criteria, Verdict};

/// The README of the workspace, so that its example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
