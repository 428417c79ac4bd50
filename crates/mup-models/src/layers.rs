//! Layers that apply a multiplier in their forward pass.

mod attention;
mod attention_config;
mod attention_fold;
mod feed_forward;
mod gelu;
mod readout;
mod relative_attention;
mod tied_readout;

pub(crate) use attention::LayerCache;
pub use attention::{AttentionFrame, CausalAttention};
pub use attention_config::CausalAttentionConfig;
pub use feed_forward::{FeedForward, FeedForwardConfig};
pub(crate) use gelu::gelu;
pub use readout::{Readout, ReadoutConfig};
pub use tied_readout::{TiedReadout, TiedReadoutConfig};

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor};

/// A parameter that no optimizer trains, with the same value in every entry; lazy like Burn's own.
pub(crate) fn untrained(value: f64, size: usize, device: &Device) -> Param<Tensor<1>> {
    Param::uninitialized(
        ParamId::new(),
        move |device, require_grad| Tensor::full([size], value, device).set_require_grad(require_grad),
        device.clone(),
        false,
        [size].into(),
    )
}

/// `x · alpha`, and exactly `x` when alpha is 1.
pub(crate) fn multiply<const D: usize>(x: Tensor<D>, alpha: f64) -> Tensor<D> {
    #[expect(clippy::float_cmp, reason = "only the exact default may skip the multiplication")]
    if alpha == 1.0 { x } else { x.mul_scalar(alpha) }
}
