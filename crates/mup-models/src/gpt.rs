//! A decoder-only language model.

mod block;
mod config;
mod model;

pub use block::Block;
pub use config::{GptConfig, Positions};
pub use model::Gpt;
