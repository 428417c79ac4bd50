//! Decoders of any size on text, as a [`Family`](mup_train::Family); without a text of your own on the source of Burn.
//!
//! Owns the models (presets of `mup-models`), their sizes and training, and the text as tokens. It may use the libraries up to `mup-train`, and knows no
//! command line, no study and no verdict: `gpt-transfer` tunes and transfers it, the checks on text of `xtask` train it.

mod configuration;
mod data;
mod error;
mod family;
mod model;
mod source;
mod tokenizer;

pub use configuration::{Configuration, WEIGHT_DECAY};
pub use data::{BurnSourceError, Data, check_length, commit, text};
pub use error::TextError;
pub use family::{Sizes, TextFamily};
pub use model::{DEPTH, Model, NUMBERS};
pub use source::{Origin, Source, SourceOptions, TokenFiles, is_tokens};
pub use tokenizer::TokenizerChoice;
