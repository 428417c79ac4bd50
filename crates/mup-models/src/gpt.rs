//! A decoder-only language model.

mod block;
mod config;
mod described;
mod fold;
mod generator;
mod model;
mod sampler;

pub use block::Block;
pub use config::{GptConfig, Positions};
pub use generator::Generator;
pub use model::Gpt;
pub use sampler::Sampler;
