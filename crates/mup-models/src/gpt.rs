//! A decoder-only language model.

mod block;
mod build;
mod by_path;
mod config;
mod fold;
mod generator;
mod model;
mod one_shape;
mod sampler;
mod stack;

pub use block::Block;
pub use config::{GptConfig, Positions};
pub use generator::Generator;
pub use model::Gpt;
pub use sampler::Sampler;
pub use stack::GptStack;
