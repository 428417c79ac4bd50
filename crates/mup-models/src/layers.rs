//! Layers that apply a multiplier in their forward pass.

mod attention;
mod attention_config;
mod attention_fold;
mod feed_forward;
mod layer_norm;
mod readout;
mod relative_attention;
mod tied_readout;

pub(crate) use attention::LayerCache;
pub use attention::{AttentionFrame, CausalAttention};
pub use attention_config::CausalAttentionConfig;
pub use feed_forward::{FeedForward, FeedForwardConfig};
pub(crate) use layer_norm::EPSILON;
pub use layer_norm::LayerNorm;
pub use readout::{Readout, ReadoutConfig};
pub(crate) use relative_attention::sinusoids;
pub use tied_readout::{TiedReadout, TiedReadoutConfig};

use burn::module::{Param, ParamId};
use burn::nn::{Dropout, Linear};
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

/// Weight and bias of a branch's last map, times the branch's factor where the branch has one. On the weight, which is smaller
/// than what it gives for a batch.
pub(crate) fn closing(linear: &Linear, factor: Option<&Param<Tensor<1>>>) -> (Tensor<2>, Option<Tensor<1>>) {
    let (weight, bias) = (linear.weight.val(), linear.bias.as_ref().map(Param::val));
    match factor.map(Param::val) {
        Some(factor) => (weight * factor.clone().unsqueeze(), bias.map(|bias| bias * factor)),
        None => (weight, bias),
    }
}

/// The same map with the factor in its weight and bias.
pub(crate) fn closing_folded(mut linear: Linear, factor: Option<Param<Tensor<1>>>) -> Linear {
    if let Some(factor) = factor.map(|factor| factor.val()) {
        let of_bias = factor.clone();
        linear.weight = linear.weight.map(|weight| weight * factor.unsqueeze());
        linear.bias = linear.bias.map(|bias| bias.map(|bias| bias * of_bias));
    }
    linear
}

/// Whether dropout changes a tensor: only in training, which is where Burn's `Dropout` looks for gradients.
pub(crate) fn drops<const D: usize>(dropout: &Dropout, x: &Tensor<D>) -> bool {
    dropout.prob > 0.0 && x.device().is_autodiff()
}

/// `x · alpha`, and exactly `x` when alpha is 1.
pub(crate) fn multiply<const D: usize>(x: Tensor<D>, alpha: f64) -> Tensor<D> {
    #[expect(clippy::float_cmp, reason = "only the exact default may skip the multiplication")]
    if alpha == 1.0 { x } else { x.mul_scalar(alpha) }
}
