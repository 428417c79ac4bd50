#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Distribution`] (what the user asks for at base width), [`InitSpec`] (a distribution per
//! role, and overrides by path), [`Draw`] (what is drawn for one parameter, after the plan's factor),
//! [`Stream`] (the random numbers of one parameter), [`initialize`] (redraws a module).
//!
//! It takes every factor from a plan: it knows no rule, no optimizer and no concrete model.

mod distribution;
mod draw;
mod error;
mod initialize;
mod normal;
mod seed;
mod spec;

pub use distribution::{Distribution, FanMode, Nonlinearity};
pub use draw::Draw;
pub use error::{InitError, PlanMismatch, SpecProblem};
pub use initialize::initialize;
pub use seed::Stream;
pub use spec::InitSpec;
