//! K models of one shape as one: every parameter has a leading trial dimension, and every operation does the work of all.

mod attention;
mod block;
mod feed_forward;
mod model;
mod norm;
mod one_shape;
mod readout;
mod trials;
mod unstack;

pub use model::GptStack;
