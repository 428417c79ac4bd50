//! GPTs of any size on text, as a [`Family`](mup_train::Family); without a text of your own on the source of Burn.
//!
//! Owns the models' sizes and training, and the text as tokens. It may use the libraries up to `mup-train`, and knows no
//! command line, no study and no verdict: `gpt-transfer` tunes and transfers it, the checks on text of `xtask` train it.

mod configuration;
mod data;
mod error;
mod family;

pub use configuration::{Configuration, WEIGHT_DECAY};
pub use data::{BurnSourceError, Data, Units, check_length, commit, text};
pub use error::TextError;
pub use family::{DEPTH, Sizes, TextFamily};
