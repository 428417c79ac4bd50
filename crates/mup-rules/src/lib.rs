#![doc = include_str!("../README.md")]
//!
//! The rooms, as data flows: [`Variable`] and [`Power`] (what a rule scales with), [`Rule`] (one row of the table), [`OptimizerId`]
//! and [`Update`] (how rates follow from it), [`Parametrization`] (a table with its conventions and [`Amendment`]s; presets in
//! `mup.rs`, `complete.rs` and `standard.rs`), [`DepthRule`] (what it does about another number of blocks), [`Overrides`] and
//! [`RunLaw`] (what the user wants, and what the run changes), [`PlanBuilder`] and `compose.rs` (a row put together),
//! [`ScalingPlan`] (all rows; stored, and made again when read: `made_again.rs`; given a run: `in_run.rs`; other rates: `rated.rs`), [`PlanSummary`] and [`PlanDifference`] (a
//! plan in short, and against another), [`rules_markdown`] (the table as a document).

mod abc;
mod alike;
mod amendment;
mod branches;
mod builder;
mod complete;
mod compose;
mod conventions;
mod depth;
mod difference;
mod doubt;
mod error;
mod explain;
mod factor;
mod folded;
mod in_run;
mod made_again;
mod markdown;
mod mup;
mod named;
mod optimizer;
mod overrides;
mod parametrization;
mod plan;
mod plan_file;
mod plan_file_v1;
mod power;
mod precision;
mod preset_name;
mod rated;
mod row;
mod rule;
mod rule_for;
mod run;
mod run_law;
mod selector;
mod standard;
mod summary;
mod uses;
mod variable;
mod warnings;

pub use abc::AbcExponents;
pub use amendment::{Amended, Amendment};
pub use builder::PlanBuilder;
pub use conventions::{EpsilonRule, L2Rule, WeightDecay};
pub use depth::DepthRule;
pub use difference::PlanDifference;
pub use doubt::Doubt;
pub use error::RuleError;
pub use factor::{Factor, Term};
pub use markdown::rules_markdown;
pub use optimizer::{DecayTerm, EpsilonTerm, OptimizerId, ShapeFactor, Update};
pub use overrides::{Change, Override, Overrides};
pub use parametrization::Parametrization;
pub use plan::ScalingPlan;
pub use power::Power;
pub use precision::Significand;
pub use row::{Column, PlanRow};
pub use rule::{Form, Rule};
pub use run::{Run, RunScaling};
pub use run_law::RunLaw;
pub use selector::Selector;
pub use summary::{PlanSummary, RowGroup};
pub use variable::{Ratios, Variable};
