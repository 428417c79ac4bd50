//! The devices that are compiled in, by name. The choice is the user's, never a default of Burn's.

use std::panic;

use burn::tensor::{Device, Tensor};

/// A device that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeviceError {
    #[error("unknown device `{name}`; there are {}", names().join(", "))]
    Unknown { name: String },
    #[error(
        "device `{name}` is not compiled in: build with its cargo feature, \
         cargo run --release -p gpt-transfer --features {name} -- --device {name}"
    )]
    MissingFeature { name: String },
    #[error("device `{name}` does not work on this machine: {reason}")]
    Broken { name: String, reason: String },
}

/// Every device is named like the cargo feature that compiles it in.
macro_rules! devices {
    ($($name:tt => $open:expr),* $(,)?) => {
        const NAMES: &[(&str, bool)] = &[$(($name, cfg!(feature = $name))),*];

        #[allow(deprecated, reason = "Burn deprecates ndarray and libtorch, which are offered as long as it has them")]
        fn construct(name: &str) -> Option<Device> {
            match name {
                $(
                    #[cfg(feature = $name)]
                    $name => Some($open),
                )*
                _ => None,
            }
        }
    };
}

devices! {
    "flex" => Device::flex(),
    "ndarray" => Device::ndarray(),
    "libtorch" => Device::libtorch(),
    "wgpu" => Device::wgpu(burn::tensor::DeviceKind::DefaultDevice),
    "vulkan" => Device::vulkan(burn::tensor::DeviceKind::DefaultDevice),
    "metal" => Device::metal(burn::tensor::DeviceKind::DefaultDevice),
    "cuda" => Device::cuda(0_usize),
    "rocm" => Device::rocm(0_usize),
}

fn names() -> Vec<&'static str> {
    NAMES.iter().map(|(name, _)| *name).collect()
}

/// The device of that name, after it has computed something.
pub(crate) fn open(name: &str) -> Result<Device, DeviceError> {
    let owned = name.to_owned();
    match NAMES.iter().find(|(known, _)| *known == name) {
        None => return Err(DeviceError::Unknown { name: owned }),
        Some((_, false)) => return Err(DeviceError::MissingFeature { name: owned }),
        Some((_, true)) => {}
    }
    // Burn reports a missing driver or adapter by panicking.
    let opened = panic::catch_unwind(|| {
        let device = construct(name)?;
        let sum = Tensor::<1>::ones([2], &device).sum().into_scalar::<f32>();
        ((sum - 2.0).abs() < 1e-6).then_some(device)
    });
    match opened {
        Ok(Some(device)) => Ok(device),
        Ok(None) => Err(DeviceError::Broken { name: owned, reason: "it adds 1 and 1 wrongly".to_owned() }),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(DeviceError::Broken { name: owned, reason: text.unwrap_or_else(|| "no reason given".to_owned()) })
        }
    }
}

/// What `devices` prints.
pub(crate) fn list() -> String {
    let line = |(name, compiled): &(&str, bool)| {
        let note = if *compiled { "compiled in".to_owned() } else { format!("needs --features {name}") };
        format!("{name:<10}{note}\n")
    };
    NAMES.iter().map(line).collect()
}
