#![doc = include_str!("../README.md")]
#![recursion_limit = "256"]

pub mod gpt;
mod lines;
pub mod mlp;
pub mod text;
mod training;
pub mod transformer;

pub use training::{Training, TrainingError};

/// Threshold of the global gradient norm.
pub const MAX_NORM: f64 = 0.5;
