//! Layers that apply a multiplier in their forward pass, each written once: for one model, and for a stack of trials, whose
//! tensors have one axis more.

mod attention;
mod closing;
mod embedding;
mod experts;
mod feed_forward;
mod layer_norm;
mod linear;
mod norm;
mod parameters;
mod per_trial;
mod readout;
mod rms_norm;
mod tied_readout;

pub(crate) use attention::LayerCache;
pub use attention::{
    AttentionFrame, CausalAttention, CausalAttentionConfig, Positions, RotaryPositions, RotaryScaling,
};
use closing::Closing;
pub use embedding::Embedding;
pub use experts::{Balance, Experts, ExpertsConfig, Router};
pub use feed_forward::{FeedForward, FeedForwardConfig, Hidden};
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use norm::{Norm, NormConfig, NormKind};
pub(crate) use parameters::Parameters;
pub(crate) use per_trial::multiply;
pub use readout::{Readout, ReadoutConfig};
pub use rms_norm::RmsNorm;
pub use tied_readout::{TiedReadout, TiedReadoutConfig};

use burn::nn::Dropout;
use burn::tensor::Tensor;

/// Whether dropout changes a tensor: only in training, which is where Burn's `Dropout` looks for gradients.
pub(crate) fn drops<const D: usize>(dropout: &Dropout, x: &Tensor<D>) -> bool {
    dropout.prob > 0.0 && x.device().is_autodiff()
}
