//! The devices compiled into this program that a contestant can train on.

use burn::tensor::Device;
use mup_devices::{Backend, DeviceError, DeviceName};

/// The devices that take part unless others are asked for: all that are compiled in, without those that nobody trains on.
pub(crate) fn names() -> Vec<DeviceName> {
    let slow = [Backend::NdArray, Backend::Wgpu];
    let trained_on = Backend::ALL.iter().copied().filter(|backend| backend.is_compiled_in() && !slow.contains(backend));
    trained_on.map(DeviceName::from).collect()
}

/// The same beside PyTorch on a GPU: those that compute on one.
pub(crate) fn on_gpus() -> Vec<DeviceName> {
    let gpu = |name: DeviceName| match name.backend() {
        Backend::Flex => None,
        Backend::LibTorch => "libtorch:0".parse().ok(),
        _ => Some(name),
    };
    names().into_iter().filter_map(gpu).collect()
}

/// The device of a name, without gradients.
pub(crate) fn open(name: &str) -> Result<Device, DeviceError> {
    mup_devices::open(name.parse::<DeviceName>()?)
}

/// The device of a name, with gradients.
pub(crate) fn device(name: &str) -> Result<Device, DeviceError> {
    Ok(open(name)?.autodiff())
}
