//! Do coordinates stay Θ(1) in width, and along depth? Slopes of log statistic on log width, per module and step.
//!
//! The rooms: [`Source`] and [`Quantity`] (of what), [`Statistic`] (a number for its size), [`Record`] (one measured
//! number), [`CoordCheck`] (runs a model over widths, seeds and steps, resumes, in parallel), [`Verdict`] (what a
//! slope means) and [`Report`] (table, page, JSON, figure, exit code).

mod activations;
mod check;
mod covariance;
mod depth;
mod error;
mod explain;
mod files;
mod folder;
mod generators;
mod of_family;
mod page;
mod parameters;
mod plot;
mod record;
mod report;
mod run;
mod source;
mod statistic;
mod summary;
mod table;
mod trial;
mod untrained;
mod verdict;

pub use activations::{Activations, Observed};
pub use check::CoordCheck;
pub use depth::depth_trial_of;
pub use error::{CheckError, TrialError};
pub use of_family::trial_of;
pub use record::{DamagedTrial, Record, Records};
pub use report::{Finding, Report};
pub use source::{Quantity, Source};
pub use statistic::Statistic;
pub use summary::Summary;
pub use untrained::Untrained;
pub use verdict::{Criteria, Verdict};
