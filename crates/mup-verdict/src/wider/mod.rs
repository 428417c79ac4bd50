//! Is wider better, at every point of training and with the same hyperparameters?
//!
//! The rooms: [`Curves`] (what was measured), [`Pair`] (two neighboring widths: where the wider one is worse),
//! [`Idle`] (nothing was trained), [`Report`] (one parametrization) and [`Comparison`] (two, side by side).
//!
//! # Reference
//!
//! Tensor Programs V, arXiv:2203.03466v2, Figure 7 and section 8: under µP the training curves of different widths
//! do not cross. It needs a readout that starts at zero, or small.

mod comparison;
mod curves;
mod idle;
mod pair;
mod panel;
mod report;

pub use comparison::Comparison;
pub use curves::{Criteria, Curve, Curves};
pub use idle::Idle;
pub use pair::{Gap, Pair};
pub use report::Report;
