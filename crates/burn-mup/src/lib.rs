#![doc = include_str!("../README.md")]
//!
//! It owns names alone: each module is one crate of this workspace, [`prelude`] what most programs say, and `main` the
//! program for a family. It knows nothing that the crates behind it do not.

#[cfg(feature = "cli")]
pub use mup_cli as cli;
pub use mup_data as data;
pub use mup_devices as devices;
pub use mup_figure as figure;
pub use mup_hugging_face as hugging_face;
pub use mup_init as init;
pub use mup_kernels as kernels;
pub use mup_models as models;
pub use mup_optim as optim;
pub use mup_probe as probe;
pub use mup_rules as rules;
pub use mup_shapes as shapes;
#[cfg(feature = "cli")]
pub use mup_study as study;
pub use mup_sweep as sweep;
pub use mup_train as train;
#[cfg(feature = "cli")]
pub use mup_transfer as transfer;
pub use mup_verdict as verdict;

#[cfg(feature = "cli")]
pub use mup_cli::main;

pub mod prelude;
