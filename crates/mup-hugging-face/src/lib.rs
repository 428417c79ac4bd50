#![doc = include_str!("../README.md")]
//!
//! The rooms: [`import()`], [`read_config`] and [`residual_multiplier`] (theirs to ours), [`Export`] (ours to theirs), and two
//! tables that both read: which field is which choice of a config (`fields.rs`), and which tensor is which parameter
//! (`names.rs`), for each [`Architecture`].
//!
//! It knows nothing of training, of any tokenizer but its file, and of the network.

mod architecture;
mod checkpoint;
mod error;
mod export;
mod fields;
mod import;
mod names;
mod reading;
mod rotary;
mod shapes;
mod tokenizer;

pub use architecture::Architecture;
pub use error::HuggingFaceError;
pub use export::{Difference, Export};
pub use import::{import, read_config, residual_multiplier};
