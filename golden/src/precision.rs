//! In what precision a device multiplies f32 matrices, and what switches that.
//!
//! TF32 keeps f32's exponent and 10 of its 23 bits of fraction: each factor is rounded by up to 2⁻¹¹, sums stay in f32.

use mup_devices::{Backend, DeviceName};
use serde::{Deserialize, Serialize};

/// How the products of f32 numbers are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// In f32.
    #[default]
    Single,
    /// In f32, but convolutions in TF32: cuDNN's default in PyTorch and LibTorch.
    Tf32Convolutions,
    /// In TF32.
    Tf32,
}

/// What the user wants of devices that offer both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// What the device does unasked.
    #[default]
    AsItComes,
    /// f32, where there is a way.
    Exact,
    /// TF32, where there is a way.
    Tf32,
}

impl Precision {
    /// What a device of ours does. CubeCL on CUDA computes in TF32 and has no switch (docs/devices.md).
    #[must_use]
    pub fn of(device: DeviceName, wanted: Wanted) -> Self {
        match (device.backend(), device.index()) {
            (Backend::Cuda, _) => Self::Tf32,
            (Backend::LibTorch, Some(_)) => Self::of_torch_on_cuda(wanted),
            _ => Self::Single,
        }
    }

    /// What PyTorch and LibTorch do on a CUDA device.
    #[must_use]
    pub fn of_torch_on_cuda(wanted: Wanted) -> Self {
        match wanted {
            Wanted::AsItComes => Self::Tf32Convolutions,
            Wanted::Exact => Self::Single,
            Wanted::Tf32 => Self::Tf32,
        }
    }
}

impl Wanted {
    /// The variables that NVIDIA's libraries and LibTorch read, for a process that is about to be started; `None` unsets.
    #[must_use]
    pub fn variables(self) -> [(&'static str, Option<&'static str>); 2] {
        let [libraries, products] = ["NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"];
        match self {
            Self::AsItComes => [(libraries, None), (products, None)],
            Self::Exact => [(libraries, Some("0")), (products, None)],
            Self::Tf32 => [(libraries, None), (products, Some("1"))],
        }
    }

    /// Sets them.
    pub fn apply(self, command: &mut std::process::Command) {
        for (name, value) in self.variables() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, wanted: Wanted) -> Precision {
        Precision::of(name.parse().expect("a device"), wanted)
    }

    #[test]
    fn cubecl_on_cuda_has_no_switch_and_libtorch_has_two() {
        for wanted in [Wanted::AsItComes, Wanted::Exact, Wanted::Tf32] {
            assert_eq!(of("cuda:1", wanted), Precision::Tf32);
            for exact in ["flex", "libtorch", "vulkan", "wgpu:0"] {
                assert_eq!(of(exact, wanted), Precision::Single, "{exact}");
            }
        }
        assert_eq!(of("libtorch:0", Wanted::AsItComes), Precision::Tf32Convolutions);
        assert_eq!(of("libtorch:0", Wanted::Exact), Precision::Single);
        assert_eq!(of("libtorch:0", Wanted::Tf32), Precision::Tf32);
    }

    #[test]
    fn a_variable_that_the_user_has_set_decides_nothing_behind_an_option() {
        let mut command = std::process::Command::new("true");
        command.env("NVIDIA_TF32_OVERRIDE", "0");
        Wanted::Tf32.apply(&mut command);
        let set: Vec<_> =
            command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?))).collect();
        assert_eq!(set, [("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1")]);
    }
}
