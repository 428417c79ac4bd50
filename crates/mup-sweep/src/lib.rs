#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Log2Grid`] (which rates), [`in_parallel`] (side by side), [`Optimum`] of [`Point`]s (where the lowest loss
//! lies). It knows nothing of figures either.

mod jobs;
mod log2_grid;
mod optimum;

pub use jobs::in_parallel;
pub use log2_grid::{GridError, Log2Grid};
pub use optimum::{Edge, Fit, Optimum, Point};
