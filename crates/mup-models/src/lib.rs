#![doc = include_str!("../README.md")]
//!
//! It owns modules and what their forward pass shows; how they start and what trains them it does not know.

mod conv_net;
mod error;
mod gpt;
mod layers;
mod loss;
mod mlp;
mod shapes;

pub use conv_net::{ConvNet, ConvNetConfig};
pub use error::ModelError;
pub use gpt::{Block, Generator, Gpt, GptConfig, GptStack, Sampler, Sizes, UntestedChange};
pub use layers::{
    AttentionFrame, Balance, CausalAttention, CausalAttentionConfig, Embedding, Experts, ExpertsConfig, FeedForward,
    FeedForwardConfig, Hidden, LayerNorm, Linear, Norm, NormConfig, NormKind, Positions, Readout, ReadoutConfig,
    RmsNorm, RotaryPositions, RotaryScaling, Router, TiedReadout, TiedReadoutConfig,
};
pub use loss::cross_entropy;
pub use mlp::{Activation, Mlp, MlpConfig};
pub use shapes::shape_reader;
