#![doc = include_str!("../README.md")]
//!
//! One room per verdict: [`coordinates`], [`transfer`], [`wider`] and [`reverse`]. They share [`Slope`] (growth in
//! width with an interval), [`Interval`] (a mean over seeds) and [`Answer`] (what a verdict comes to, with its exit
//! code).
//!
//! It knows no concrete model, no dataset, no study and no command line; only [`coordinates`] runs anything.

mod answer;
#[cfg(feature = "coordinates")]
pub mod coordinates;
mod error;
mod figure;
mod interval;
mod number;
mod page;
mod publication;
pub mod reverse;
mod slope;
mod sparkline;
pub mod transfer;
pub mod wider;

pub use answer::Answer;
pub use error::VerdictError;
pub use interval::Interval;
pub use slope::Slope;
