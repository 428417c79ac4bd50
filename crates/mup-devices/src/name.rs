//! What a user writes: `flex`, `wgpu`, `cuda:1`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::DeviceError;
use crate::construct::is_compiled_in;

/// A way to compute: Burn's backends, and wgpu once for each graphics interface. Named like its cargo feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// The CPU, in Rust.
    Flex,
    /// The CPU, in Rust; deprecated by Burn.
    NdArray,
    /// The CPU, or with an index a CUDA GPU, through libtorch; deprecated by Burn.
    LibTorch,
    /// A GPU, or a software adapter, through whatever interface it has.
    Wgpu,
    /// The same through Vulkan and SPIR-V.
    Vulkan,
    /// The same through Metal.
    Metal,
    /// An NVIDIA GPU.
    Cuda,
    /// An AMD GPU.
    Rocm,
}

impl Backend {
    /// All, in the order of the documentation.
    pub const ALL: &[Self] =
        &[Self::Flex, Self::NdArray, Self::LibTorch, Self::Wgpu, Self::Vulkan, Self::Metal, Self::Cuda, Self::Rocm];

    /// Name of the cargo feature that compiles it in.
    #[must_use]
    pub fn feature(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::NdArray => "ndarray",
            Self::LibTorch => "libtorch",
            Self::Wgpu => "wgpu",
            Self::Vulkan => "vulkan",
            Self::Metal => "metal",
            Self::Cuda => "cuda",
            Self::Rocm => "rocm",
        }
    }

    /// Whether this program can compute on it.
    #[must_use]
    pub fn is_compiled_in(self) -> bool {
        is_compiled_in(self)
    }

    /// Whether there may be several, told apart by an index.
    #[must_use]
    pub fn has_index(self) -> bool {
        !matches!(self, Self::Flex | Self::NdArray)
    }
}

/// A device as it is written on a command line: `NAME` or `NAME:INDEX`.
///
/// ```
/// use mup_devices::{Backend, DeviceName};
/// let name: DeviceName = "cuda:1".parse()?;
/// assert_eq!((name.backend(), name.index()), (Backend::Cuda, Some(1)));
/// assert_eq!(name.to_string(), "cuda:1");
/// # Ok::<(), mup_devices::DeviceError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceName {
    backend: Backend,
    index: Option<usize>,
}

impl DeviceName {
    /// Which way to compute.
    #[must_use]
    pub fn backend(self) -> Backend {
        self.backend
    }

    /// Which of several; none means the default of that backend, and for libtorch the CPU.
    #[must_use]
    pub fn index(self) -> Option<usize> {
        self.index
    }

    /// The same backend with an index.
    pub(crate) fn at(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }
}

impl From<Backend> for DeviceName {
    fn from(backend: Backend) -> Self {
        Self { backend, index: None }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            None => f.pad(self.backend.feature()),
            Some(index) => f.pad(&format!("{}:{index}", self.backend.feature())),
        }
    }
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let (name, index) = text.split_once(':').map_or((text, None), |(name, index)| (name, Some(index)));
        let backend = Backend::ALL.iter().copied().find(|backend| backend.feature() == name);
        let backend = backend.ok_or_else(|| DeviceError::Unknown { name: text.to_owned() })?;
        let Some(index) = index else { return Ok(backend.into()) };
        if !backend.has_index() {
            return Err(DeviceError::OnlyOne { name: text.to_owned(), backend });
        }
        // `parse` alone would take `+1` for 1.
        let digits = index.bytes().all(|byte| byte.is_ascii_digit());
        let index = index.parse::<usize>().ok().filter(|_| digits);
        let index = index.ok_or_else(|| DeviceError::Index { name: text.to_owned(), backend })?;
        Ok(DeviceName::from(backend).at(index))
    }
}

impl TryFrom<String> for DeviceName {
    type Error = DeviceError;

    fn try_from(text: String) -> Result<Self, DeviceError> {
        text.parse()
    }
}

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> Self {
        name.to_string()
    }
}
