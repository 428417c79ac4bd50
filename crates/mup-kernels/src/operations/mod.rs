//! The operations on Burn's tensors: fused where the device has them, Burn's own operations everywhere else.

pub(crate) mod attention;
pub(crate) mod experts;
pub(crate) mod gate;
pub(crate) mod loss;
pub(crate) mod rms_norm;
pub(crate) mod rotary;

use burn::tensor::{Device, Int, Tensor};

#[cfg(feature = "host")]
use self::attention::Relative;
use self::loss::LossTerms;
use crate::{portable, shapes};

#[cfg(feature = "host")]
use crate::fused::Kernels;
#[cfg(feature = "host")]
use burn::backend::{Dispatch, DispatchDevice};

/// Whether this tensor's device and element type have fused operations: flex and LibTorch on the processor, f32 and f64.
///
/// Everywhere else the functions of this crate compute the same from Burn's operations.
#[must_use]
pub fn is_fused<const D: usize>(tensor: &Tensor<D>) -> bool {
    #[cfg(feature = "host")]
    {
        use burn::tensor::DType;
        let device = tensor.device().without_autodiff();
        matches!(tensor.dtype(), DType::F32 | DType::F64) && is_host(device.as_dispatch())
    }
    #[cfg(not(feature = "host"))]
    {
        let _ = tensor;
        false
    }
}

#[cfg(feature = "host")]
#[allow(deprecated, reason = "Burn deprecates LibTorch, which is offered as long as it has it")]
fn is_host(device: &DispatchDevice) -> bool {
    match device {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "libtorch")]
        DispatchDevice::LibTorch(device) => *device == burn::backend::libtorch::LibTorchDevice::Cpu,
        #[allow(unreachable_patterns, reason = "other backends may be compiled in")]
        _ => false,
    }
}

/// What stands for an absent tensor in Burn's extension mechanism.
#[cfg(feature = "host")]
fn absent<const D: usize>(like: &Tensor<D>) -> Tensor<1> {
    Tensor::empty([0], (&like.device(), like.dtype()))
}

#[cfg(feature = "host")]
fn or_absent<const D: usize, const L: usize>(
    tensor: Option<Tensor<D>>,
    like: &Tensor<L>,
) -> burn::backend::DispatchTensor {
    match tensor {
        Some(tensor) => tensor.into_dispatch(),
        None => absent(like).into_dispatch(),
    }
}

/// γ (x − mean) / √(variance + ε) + β over the last axis of `[groups, .., width]`.
///
/// γ and β are `[width]`, or `[groups, width]` for groups with parameters of their own.
///
/// # Panics
///
/// Panics if the shapes do not fit.
#[must_use]
pub fn layer_norm<const D: usize, const P: usize>(
    x: Tensor<D>,
    gamma: Tensor<P>,
    beta: Tensor<P>,
    epsilon: f64,
) -> Tensor<D> {
    shapes::layer_norm(&x.dims(), &gamma.dims(), &beta.dims());
    #[cfg(feature = "host")]
    if is_fused(&x) {
        let [x, gamma, beta] = [x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch()];
        return Tensor::from_dispatch(<Dispatch as Kernels>::layer_norm(x, gamma, beta, epsilon));
    }
    portable::layer_norm(x, gamma, beta, epsilon)
}

/// x W + b of `[groups, .., input]`.
///
/// W is `[input, width]` and b `[width]`, or both have a leading `groups` axis (W `[groups, input, width]`).
///
/// # Panics
///
/// Panics if the shapes do not fit.
#[must_use]
pub fn linear<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
) -> Tensor<D> {
    check_linear("linear", &x, &weight, bias.as_ref());
    #[cfg(feature = "host")]
    if is_fused(&x) {
        return fused_linear(x, weight, bias, None, false);
    }
    portable::linear(x, weight, bias)
}

/// GELU(x W + b), with the exact GELU; shapes as in [`linear`].
///
/// # Panics
///
/// As [`linear`].
#[must_use]
pub fn linear_gelu<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
) -> Tensor<D> {
    check_linear("linear_gelu", &x, &weight, bias.as_ref());
    #[cfg(feature = "host")]
    if is_fused(&x) {
        return fused_linear(x, weight, bias, None, true);
    }
    crate::gelu(portable::linear(x, weight, bias))
}

/// residual + x W + b, the end of a residual branch; shapes as in [`linear`].
///
/// # Panics
///
/// As [`linear`].
#[must_use]
pub fn linear_residual<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
    residual: Tensor<D>,
) -> Tensor<D> {
    check_linear("linear_residual", &x, &weight, bias.as_ref());
    shapes::residual(&x.dims(), &weight.dims(), &residual.dims());
    #[cfg(feature = "host")]
    if is_fused(&x) {
        return fused_linear(x, weight, bias, Some(residual), false);
    }
    residual + portable::linear(x, weight, bias)
}

fn check_linear<const D: usize, const W: usize, const B: usize>(
    operation: &str,
    x: &Tensor<D>,
    weight: &Tensor<W>,
    bias: Option<&Tensor<B>>,
) {
    let bias = bias.map(Tensor::dims);
    shapes::linear(operation, &x.dims(), &weight.dims(), bias.as_ref().map(<[usize; B]>::as_slice));
}

#[cfg(feature = "host")]
fn fused_linear<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
    residual: Option<Tensor<D>>,
    gelu: bool,
) -> Tensor<D> {
    let [bias, residual] = [or_absent(bias, &x), or_absent(residual, &x)];
    Tensor::from_dispatch(<Dispatch as Kernels>::linear(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias,
        residual,
        gelu,
    ))
}

/// Queries, keys and values side by side: x of `[groups, .., input]` becomes `[groups, .., queries + keys + values]`.
///
/// Weights and biases as in [`linear`]; keys and values may have fewer columns than queries, but as many as each other.
///
/// # Panics
///
/// As [`linear`], or if the widths of keys and values differ.
#[must_use]
pub fn projections<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    layers: [(Tensor<W>, Option<Tensor<B>>); 3],
) -> Tensor<D> {
    shapes::projections(layers.each_ref().map(|(weight, _)| weight.dims()));
    for (weight, bias) in &layers {
        check_linear("projections", &x, weight, bias.as_ref());
    }
    #[cfg(feature = "host")]
    if is_fused(&x) && layers[1].1.is_none() {
        let [(query, query_bias), (key, _), (value, value_bias)] = layers;
        let [query_bias, value_bias] = [or_absent(query_bias, &x), or_absent(value_bias, &x)];
        let [query, key, value] = [query, key, value].map(Tensor::into_dispatch);
        let x = x.into_dispatch();
        return Tensor::from_dispatch(<Dispatch as Kernels>::projections(x, query, query_bias, key, value, value_bias));
    }
    let parts = layers.map(|(weight, bias)| portable::linear(x.clone(), weight, bias));
    Tensor::cat(parts.into(), D - 1)
}

#[cfg(feature = "host")]
fn fused_attention<const D: usize, const S: usize, const R: usize>(
    qkv: Tensor<D>,
    scale: Tensor<S>,
    relative: Option<Relative<R, S>>,
    heads: usize,
) -> Tensor<D> {
    let none = || absent(&qkv).into_dispatch();
    let [keys, content, position] = match relative {
        Some(Relative { keys, content_bias, position_bias }) => {
            [keys.into_dispatch(), content_bias.into_dispatch(), position_bias.into_dispatch()]
        }
        None => [none(), none(), none()],
    };
    let [qkv, scale] = [qkv.into_dispatch(), scale.into_dispatch()];
    Tensor::from_dispatch(<Dispatch as Kernels>::attention(qkv, scale, keys, content, position, heads))
}

/// Mean cross-entropy, in nats, of logits `[groups, examples, classes]` (or `[examples, classes]` for one group) against
/// targets of the same shape without the last axis; `[groups]`.
///
/// Equal to `torch.nn.functional.cross_entropy` of each group.
///
/// # Panics
///
/// Panics if there is not one target for each row of logits, or one is not a class.
#[must_use]
pub fn cross_entropy<const D: usize, const T: usize>(logits: Tensor<D>, targets: Tensor<T, Int>) -> Tensor<1> {
    shapes::cross_entropy(&logits.dims(), &targets.dims());
    #[cfg(feature = "host")]
    if is_fused(&logits) {
        let [logits, targets] = [logits.into_dispatch(), targets.into_dispatch()];
        return Tensor::from_dispatch(<Dispatch as Kernels>::cross_entropy(logits, targets));
    }
    loss::portable(logits, targets, LossTerms::default())
}

/// The rows of a table `[entries, width]` (or `[groups, entries, width]`) for tokens `[groups, ..]`; one axis more than they.
///
/// # Panics
///
/// Panics if a token is not an entry, or if `O` is not `T + 1`.
#[must_use]
pub fn embedding<const W: usize, const T: usize, const O: usize>(
    table: Tensor<W>,
    tokens: Tensor<T, Int>,
) -> Tensor<O> {
    shapes::embedding(&table.dims(), &tokens.dims(), O);
    #[cfg(feature = "host")]
    if is_fused(&table) {
        let [table, tokens] = [table.into_dispatch(), tokens.into_dispatch()];
        return Tensor::from_dispatch(<Dispatch as Kernels>::embedding(table, tokens));
    }
    portable::embedding(table, tokens)
}

/// Where each group's entries begin in a table of all, `[groups, 1]`; counted on the device, so that nothing is uploaded.
pub(crate) fn first_entries(groups: usize, entries: usize, device: &Device) -> Tensor<2, Int> {
    Tensor::<1, Int>::arange_step(0..(groups * entries) as i64, entries, device).reshape([groups, 1])
}
