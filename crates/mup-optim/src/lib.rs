#![doc = include_str!("../README.md")]
//!
//! The rooms: [`MupAdamWConfig`], [`MupAdamConfig`], [`MupSgdConfig`] (one optimizer each), [`scale_groups`]
//! (any other Burn optimizer), [`Scaled`] (the wrapper that holds the rate factor), [`clip_by_global_norm`],
//! [`StackOptimizer`] (K trials trained as one module), [`MasterWeights`] (f32 weights behind bf16 ones), [`OptimError`].

mod adam;
mod adamw;
mod error;
mod fused_adam;
mod fused_sgd;
mod global_clip;
mod groups;
mod hyperparameters;
mod master_weights;
mod partition;
mod restored;
mod scaled;
mod sgd;
mod sgd_state;
mod stack;

pub use adam::MupAdamConfig;
pub use adamw::MupAdamWConfig;
pub use error::{OptimError, PartitionProblem};
pub use global_clip::clip_by_global_norm;
pub use groups::scale_groups;
pub use master_weights::{MasterWeights, MasterWeightsState, cast_parameters};
pub use partition::TensorClass;
pub use scaled::Scaled;
pub use sgd::MupSgdConfig;
pub use stack::{StackOptimizer, clip_each_by_global_norm};
