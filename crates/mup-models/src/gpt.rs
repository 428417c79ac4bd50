//! A decoder-only language model.

mod block;
mod build;
mod by_path;
mod check;
mod config;
mod counts;
mod fold;
mod generator;
mod model;
mod one_shape;
mod paths;
mod presets;
mod sampler;
mod stack;
mod untested;

pub use block::Block;
pub use config::GptConfig;
pub use generator::Generator;
pub use model::Gpt;
pub use presets::Sizes;
pub use sampler::Sampler;
pub use stack::GptStack;
pub use untested::UntestedChange;
