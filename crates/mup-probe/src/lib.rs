#![doc = include_str!("../README.md")]
//!
//! It knows no model, and not what is done with what is seen.

mod probe;

pub use probe::{Collector, NoProbe, Probe, Scope};
