#![doc = include_str!("../README.md")]

mod adam;
mod operations;
mod portable;

#[cfg(feature = "host")]
mod fused;
#[cfg(feature = "host")]
mod pool;
#[cfg(feature = "host")]
mod slices;

pub use adam::{Adam, adam_step};
pub use operations::{
    Relative, causal_attention, cross_entropy, embedding, is_fused, layer_norm, linear, linear_gelu, linear_residual,
    projections,
};
#[cfg(all(test, feature = "flex"))]
mod tests;
