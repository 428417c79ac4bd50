#![doc = include_str!("../README.md")]
//!
//! The rooms: [`MupAdamWConfig`], [`MupAdamConfig`], [`MupSgdConfig`] (one optimizer each), [`scale_groups`]
//! (any other Burn optimizer), [`Scaled`] (the wrapper that holds the rate factor), [`clip_by_global_norm`],
//! [`OptimError`].

mod adam;
mod adamw;
mod error;
mod global_clip;
mod groups;
mod hyperparameters;
mod partition;
mod restored;
mod scaled;
mod sgd;

pub use adam::MupAdamConfig;
pub use adamw::MupAdamWConfig;
pub use error::{OptimError, PartitionProblem};
pub use global_clip::clip_by_global_norm;
pub use groups::scale_groups;
pub use partition::TensorClass;
pub use scaled::Scaled;
pub use sgd::MupSgdConfig;
