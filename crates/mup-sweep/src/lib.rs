//! A sweep over learning rates, without anything that trains: which rates ([`Log2Grid`]), side by side
//! ([`in_parallel`]), and where the lowest loss lies ([`Optimum`], of [`Point`]s).
//!
//! It knows nothing of studies, files or figures.

mod jobs;
mod log2_grid;
mod optimum;

pub use jobs::in_parallel;
pub use log2_grid::{GridError, Log2Grid};
pub use optimum::{Edge, Fit, Optimum, Point};
