//! Does the optimum of a hyperparameter stay where it is as the model grows wider? The thing itself, not a proxy of it.
//!
//! The rooms: [`Runs`] (what was measured, and what to run next), [`Estimate`] (one model's optimum), [`Landscape`]
//! (one width: optimum, loss and regret over seeds), [`Report`] (drift and [`Verdict`] of one parametrization) and
//! [`Comparison`] (µP with SP as its negative control).
//!
//! # Reference
//!
//! Tensor Programs V, arXiv:2203.03466v2, Figures 1, 3 and 4: loss against log₂ learning rate, one curve per width.

mod comparison;
mod estimate;
mod landscape;
mod panel;
mod quadratic;
mod report;
mod runs;
mod table;
mod verdict;

pub use comparison::Comparison;
pub use estimate::Estimate;
pub use landscape::Landscape;
pub use quadratic::Quadratic;
pub use report::Report;
pub(crate) use report::rows;
pub use runs::{Run, Runs};
pub(crate) use table::interval;
pub use verdict::{Criteria, Reason, Verdict};
