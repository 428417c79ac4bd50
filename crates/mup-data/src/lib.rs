#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Text`] (files and folders, streamed), [`Tokenizer`] (bytes, characters, byte-pair encoding),
//! [`prepare`] and [`DataSet`] (a folder of tokens that knows what it is), [`Tokens`] (a file of tokens, read window by
//! window), [`Order`] (which windows a step reads), [`Batch`] (what a model is fed).
//!
//! It knows neither Burn nor models: a batch is two vectors.

mod batch;
mod draw;
mod error;
mod known_files;
mod order;
mod permutation;
mod prepared;
mod text;
mod tokenizer;
mod tokens;

pub use batch::Batch;
pub use error::{DataError, Difference};
pub use order::{Order, even_batch, windows_per_epoch};
pub use prepared::{DataSet, Description, PartDescription, VERSION, prepare};
pub use text::{Looks, Skipped, Text, read_text, validation_start};
pub use tokenizer::Tokenizer;
pub use tokens::{TokenWidth, Tokens};
