#![doc = include_str!("../README.md")]
//!
//! One room per verdict: [`coordinates`]. They share [`Slope`] (growth in width with an interval) and [`Answer`]
//! (what a verdict comes to, with its exit code).

mod answer;
pub mod coordinates;
mod number;
mod slope;

pub use answer::Answer;
pub use slope::Slope;

/// The README of the workspace, so that its example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
