//! The devices compiled into this program that a contestant can train on.

use burn::tensor::Device;
use mup_devices::{Backend, DeviceError, DeviceName};

/// The devices that take part unless others are asked for: all that are compiled in, without those that nobody trains on.
pub(super) fn names() -> Vec<&'static str> {
    let slow = [Backend::NdArray, Backend::Wgpu];
    let trained_on = Backend::ALL.into_iter().filter(|backend| backend.is_compiled_in() && !slow.contains(backend));
    trained_on.map(Backend::feature).collect()
}

/// The device of a name, with gradients.
pub(super) fn device(name: &str) -> Result<Device, DeviceError> {
    Ok(mup_devices::open(name.parse::<DeviceName>()?)?.autodiff())
}
