//! Do coordinates stay Θ(1) in width? Slopes of log statistic on log width, per module and step.
//!
//! The rooms: [`Statistic`] (a number for the size of an activation), [`Record`] (one measured number),
//! [`CoordCheck`] (runs a model over widths, seeds and steps), [`Verdict`] (what a slope means) and [`Report`]
//! (table, CSV, figure, exit code).

mod activations;
mod error;
mod plot;
mod record;
mod report;
mod run;
mod statistic;
mod summary;
mod table;
mod verdict;

pub use activations::Activations;
pub use error::{CheckError, TrialError};
pub use record::{Quantity, Record, Records};
pub use report::{Finding, Report};
pub use run::CoordCheck;
pub use statistic::Statistic;
pub use summary::Summary;
pub use verdict::{Criteria, Verdict};
