#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Power`] (a monomial in the width multipliers), [`Rule`] (one row of the table),
//! [`AbcExponents`] (its exponents, and the symmetry between forms), [`Parametrization`] (a table with its
//! conventions; presets in `standard.rs` and `mup.rs`), [`ScalingPlan`] (the table applied to a list of
//! parameters), [`PlanSummary`] and [`PlanDifference`] (a plan in short, and against another),
//! [`rules_markdown`] (the table as a document).

mod abc;
mod conventions;
mod difference;
mod doubt;
mod error;
mod explain;
mod markdown;
mod mup;
mod parametrization;
mod plan;
mod plan_file;
mod power;
mod row;
mod rule;
mod standard;
mod summary;
mod warnings;

pub use abc::AbcExponents;
pub use conventions::{EpsilonRule, L2Rule, WeightDecay};
pub use difference::PlanDifference;
pub use doubt::Doubt;
pub use error::RuleError;
pub use markdown::rules_markdown;
pub use parametrization::Parametrization;
pub use plan::ScalingPlan;
pub use power::Power;
pub use row::{Column, Factor, PlanRow};
pub use rule::{Form, OptimizerKind, Rule};
pub use summary::{PlanSummary, RowGroup};
