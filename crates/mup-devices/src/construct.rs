//! Burn's constructors, as far as they are compiled in.

use burn::tensor::Device;
#[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal"))]
use burn::tensor::DeviceKind;
#[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal", feature = "cuda", feature = "rocm"))]
use burn::tensor::DeviceType;

use crate::{Backend, DeviceError, DeviceName};

/// Whether this build has it.
pub(crate) fn is_compiled_in(backend: Backend) -> bool {
    match backend {
        Backend::Flex => cfg!(feature = "flex"),
        Backend::NdArray => cfg!(feature = "ndarray"),
        Backend::LibTorch => cfg!(feature = "libtorch"),
        Backend::Wgpu => cfg!(feature = "wgpu"),
        Backend::Vulkan => cfg!(feature = "vulkan"),
        Backend::Metal => cfg!(feature = "metal"),
        Backend::Cuda => cfg!(feature = "cuda"),
        Backend::Rocm => cfg!(feature = "rocm"),
    }
}

/// The device; nothing has been computed on it. Panics where Burn does.
#[allow(deprecated, reason = "Burn deprecates ndarray and libtorch, which are offered as long as it has them")]
pub(crate) fn construct(name: DeviceName) -> Result<Device, DeviceError> {
    match (name.backend(), name.index()) {
        #[cfg(feature = "flex")]
        (Backend::Flex, _) => Ok(Device::flex()),
        #[cfg(feature = "ndarray")]
        (Backend::NdArray, _) => Ok(Device::ndarray()),
        #[cfg(feature = "libtorch")]
        (Backend::LibTorch, None) => Ok(Device::libtorch()),
        #[cfg(feature = "libtorch")]
        (Backend::LibTorch, Some(index)) => Ok(Device::libtorch_cuda(index)),
        #[cfg(feature = "wgpu")]
        (Backend::Wgpu, None) if is_there(Backend::Wgpu) => Ok(Device::wgpu(DeviceKind::DefaultDevice)),
        #[cfg(feature = "vulkan")]
        (Backend::Vulkan, None) if is_there(Backend::Vulkan) => Ok(Device::vulkan(DeviceKind::DefaultDevice)),
        #[cfg(feature = "metal")]
        (Backend::Metal, None) if is_there(Backend::Metal) => Ok(Device::metal(DeviceKind::DefaultDevice)),
        _ if !is_compiled_in(name.backend()) => Err(DeviceError::NotCompiled { name }),
        (backend, index) => {
            let mut devices = enumerate(backend);
            let (found, index) = (devices.len(), index.unwrap_or(0));
            match (found, driver(backend)) {
                // Burn would panic in a thread of its own, which leaves no reason here.
                (0, Some(driver)) => {
                    let reason = format!("there is no {driver}, or it shows no GPU");
                    Err(DeviceError::DoesNotAnswer { name, reason })
                }
                _ if index < found => Ok(devices.swap_remove(index)),
                _ => Err(DeviceError::NotThere { name, found }),
            }
        }
    }
}

/// The driver that a backend needs, where there is one.
fn driver(backend: Backend) -> Option<&'static str> {
    match backend {
        Backend::Cuda => Some("NVIDIA driver (libcuda.so.1)"),
        Backend::Rocm => Some("AMD driver (libamdhip64.so)"),
        Backend::Wgpu => Some("driver for Vulkan, Metal or DirectX"),
        Backend::Vulkan => Some("driver for Vulkan"),
        Backend::Metal => Some("driver for Metal"),
        Backend::Flex | Backend::NdArray | Backend::LibTorch => None,
    }
}

/// Whether Burn's default device of a backend is any.
#[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal"))]
fn is_there(backend: Backend) -> bool {
    !enumerate(backend).is_empty()
}

/// The devices that an index counts, for backends that Burn can ask.
pub(crate) fn enumerate(backend: Backend) -> Vec<Device> {
    match backend {
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => Device::enumerate(DeviceType::Wgpu).into_vec(),
        #[cfg(feature = "vulkan")]
        Backend::Vulkan => Device::enumerate(DeviceType::Vulkan).into_vec(),
        #[cfg(feature = "metal")]
        Backend::Metal => Device::enumerate(DeviceType::Metal).into_vec(),
        #[cfg(feature = "cuda")]
        Backend::Cuda => Device::enumerate(DeviceType::Cuda).into_vec(),
        #[cfg(feature = "rocm")]
        Backend::Rocm => Device::enumerate(DeviceType::Rocm).into_vec(),
        _ => Vec::new(),
    }
}

/// What the device calls itself, where it says so.
#[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal", feature = "cuda", feature = "rocm"))]
pub(crate) fn identity(device: &Device) -> Option<String> {
    device.identity().map(|identity| identity.name)
}

#[cfg(not(any(feature = "wgpu", feature = "vulkan", feature = "metal", feature = "cuda", feature = "rocm")))]
pub(crate) fn identity(_: &Device) -> Option<String> {
    None
}
