#![doc = include_str!("../README.md")]
//!
//! The rooms: [`MupOptimizer`] and [`Planned`] (the door), a config for each optimizer ([`MupAdamWConfig`], …),
//! [`resume`] (to continue from a record), [`clip_by_global_norm`], [`MupStack`] (K trials trained as one module),
//! [`MasterWeights`] (f32 weights behind bf16 ones), [`OptimError`].
//!
//! It takes every factor from a plan, and knows neither how weights start nor any concrete model.

mod adafactor;
mod adagrad;
mod adam;
mod adan;
mod error;
mod global_clip;
mod groups;
mod half;
mod hyperparameters;
mod lamb;
mod lion;
mod master_weights;
mod memory;
mod muon;
mod partition;
mod planned;
mod resume;
mod rmsprop;
mod sgd;
mod stack;
mod step;
mod tracked;

pub use adafactor::MupAdafactorConfig;
pub use adagrad::MupAdagradConfig;
pub use adam::{MupAdamConfig, MupAdamWConfig};
pub use adan::MupAdanConfig;
pub use error::{OptimError, PartitionProblem, RecordProblem};
pub use global_clip::clip_by_global_norm;
pub use lamb::MupLambConfig;
pub use lion::MupLionConfig;
pub use master_weights::{MasterWeights, MasterWeightsState, cast_parameters};
pub use muon::{Blocks, MupMuonConfig, NewtonSchulz};
pub use planned::{MupOptimizer, Planned};
pub use resume::resume;
pub use rmsprop::MupRmsPropConfig;
pub use sgd::MupSgdConfig;
pub use stack::{MupStack, StackOptimizer, clip_each_by_global_norm};
pub use step::Stackable;
