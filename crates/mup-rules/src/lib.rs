#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Power`] (a monomial in the width multipliers), [`Rule`] (one row of the table),
//! [`Parametrization`] (a table with its conventions; presets in `standard.rs` and `mup.rs`),
//! [`ScalingPlan`] (the table applied to a list of parameters).

mod conventions;
mod error;
mod explain;
mod mup;
mod parametrization;
mod plan;
mod power;
mod rule;
mod standard;

pub use conventions::{EpsilonRule, L2Rule, WeightDecay};
pub use error::RuleError;
pub use parametrization::Parametrization;
pub use plan::{Factor, PlanRow, ScalingPlan};
pub use power::Power;
pub use rule::{Form, OptimizerKind, Rule};
