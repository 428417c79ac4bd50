//! The operations on Burn's tensors, one file each: what a user calls, the same made of Burn's own operations, and what the
//! fused one does with slices. It is fused where the device has that, and Burn's everywhere else.

pub(crate) mod attention;
pub(crate) mod cross_entropy;
pub(crate) mod embedding;
pub(crate) mod experts;
pub(crate) mod gate;
pub(crate) mod layer_norm;
pub(crate) mod linear;
pub(crate) mod projections;
pub(crate) mod qk_norm;
pub(crate) mod rms_norm;
pub(crate) mod rotary;

use burn::tensor::{Device, Int, Tensor};

/// Whether this tensor's device and element type have fused operations: flex and LibTorch on the processor, f32 and f64.
///
/// Everywhere else the functions of this crate compute the same from Burn's operations.
#[must_use]
pub fn is_fused<const D: usize>(tensor: &Tensor<D>) -> bool {
    use burn::tensor::DType;
    matches!(tensor.dtype(), DType::F32 | DType::F64) && is_host(&tensor.device())
}

/// Whether the processor can read the tensors of this device.
#[allow(deprecated, reason = "Burn deprecates LibTorch, which is offered as long as it has it")]
pub(crate) fn is_host(device: &Device) -> bool {
    #[cfg(feature = "host")]
    {
        use burn::backend::DispatchDevice;
        match device.clone().without_autodiff().as_dispatch() {
            #[cfg(feature = "flex")]
            DispatchDevice::Flex(_) => true,
            #[cfg(feature = "libtorch")]
            DispatchDevice::LibTorch(device) => *device == burn::backend::libtorch::LibTorchDevice::Cpu,
            #[allow(unreachable_patterns, reason = "other backends may be compiled in")]
            _ => false,
        }
    }
    #[cfg(not(feature = "host"))]
    {
        let _ = device;
        false
    }
}

/// Groups of a parameter with a group axis in front of its `axes` own ones.
fn groups<const P: usize>(dims: [usize; P], axes: usize) -> Option<usize> {
    (P > axes).then(|| dims[0])
}

/// Where each group's entries begin in a table of all, `[groups, 1]`; counted on the device, so that nothing is uploaded.
fn first_entries(groups: usize, entries: usize, device: &Device) -> Tensor<2, Int> {
    Tensor::<1, Int>::arange_step(0..(groups * entries) as i64, entries, device).reshape([groups, 1])
}
