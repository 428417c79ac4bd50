#![doc = include_str!("../README.md")]
//!
//! It owns operations of a training step and the constants that stay on a device; it may use Burn, and knows no model, no
//! rule and no plan.

mod adam;
mod gelu;
mod generator;
mod kept;
mod operations;
mod sgd;
mod shapes;

#[cfg(feature = "host")]
mod fused;
#[cfg(feature = "host")]
mod pool;
#[cfg(feature = "host")]
mod slices;
#[cfg(feature = "host")]
mod update;

pub use adam::{Adam, adam_step};
pub use gelu::gelu;
pub use generator::{Generator, seed_at};
pub use kept::{Kept, kept_numbers};
pub use operations::attention::{Heads, Positions, Relative, causal_attention};
pub use operations::cross_entropy::{LossTerms, cross_entropy, cross_entropy_with};
pub use operations::embedding::embedding;
pub use operations::experts::Routes;
pub use operations::gate::{Gate, gated, linear_gated};
pub use operations::is_fused;
pub use operations::layer_norm::layer_norm;
pub use operations::linear::{linear, linear_gelu, linear_residual};
pub use operations::projections::projections;
pub use operations::qk_norm::qk_norm;
pub use operations::rms_norm::rms_norm;
pub use operations::rotary::{Rotary, rotary};
pub use sgd::{Sgd, sgd_step};
#[cfg(all(test, feature = "flex"))]
mod tests;
