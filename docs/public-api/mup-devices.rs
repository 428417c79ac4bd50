// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use error::DeviceError;
    pub use list::{Availability, Listed, Listing, list};
    pub use name::{Backend, DeviceName};
    pub use open::{describe, open};
    pub use openmp::{SPIN_COUNT, SPIN_VARIABLE, let_openmp_sleep};
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    Answers { description: Option<String> },
    DoesNotAnswer { reason: String },
    NotCompiled,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    Flex,
    NdArray,
    LibTorch,
    Wgpu,
    Vulkan,
    Metal,
    Cuda,
    Rocm,
}
impl Backend {
    pub const ALL: &[Self] = &[
        Self::Flex,
        Self::NdArray,
        Self::LibTorch,
        Self::Wgpu,
        Self::Vulkan,
        Self::Metal,
        Self::Cuda,
        Self::Rocm,
    ];
    pub fn feature(self) -> &'static str {}
    pub fn is_compiled_in(self) -> bool {}
    pub fn has_index(self) -> bool {}
}
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    Unknown { name: String },
    Index { name: String, backend: Backend },
    OnlyOne { name: String, backend: Backend },
    NotCompiled { name: DeviceName },
    NotThere { name: DeviceName, found: usize },
    DoesNotAnswer { name: DeviceName, reason: String },
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[private_fields]
pub struct DeviceName {}
impl DeviceName {
    pub fn backend(self) -> Backend {}
    pub fn index(self) -> Option<usize> {}
}
impl From<Backend> for DeviceName {}
impl FromStr for DeviceName {
    type Err = DeviceError;
}
impl TryFrom<String> for DeviceName {
    type Error = DeviceError;
}
impl fmt::Display for DeviceName {}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: DeviceName,
    pub availability: Availability,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub devices: Vec<Listed>,
}
impl fmt::Display for Listing {}
pub const SPIN_COUNT: &str = "1000";
pub const SPIN_VARIABLE: &str = "GOMP_SPINCOUNT";
pub fn describe(device: &Device) -> Option<String> {}
pub fn let_openmp_sleep() {}
pub fn list() -> Listing {}
pub fn open(name: DeviceName) -> Result<Device, DeviceError> {}
