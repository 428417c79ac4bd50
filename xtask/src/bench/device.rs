//! The devices compiled into this program that a contestant can train on.

use burn::tensor::Device;

/// Every device compiled in, by the name of its feature.
pub(super) fn names() -> Vec<&'static str> {
    let mut names = vec!["flex"];
    if cfg!(feature = "libtorch") {
        names.push("libtorch");
    }
    names
}

/// The device of a name, with gradients.
pub(super) fn device(name: &str) -> Result<Device, UnknownDevice> {
    match name {
        "flex" => Ok(Device::flex().autodiff()),
        #[cfg(feature = "libtorch")]
        #[allow(deprecated)] // Burn 0.22 deprecates its constructor; there is no other.
        "libtorch" => Ok(Device::libtorch().autodiff()),
        _ => Err(UnknownDevice { name: name.to_owned() }),
    }
}

/// A device that is not there.
#[derive(Debug, thiserror::Error)]
#[error(
    "device `{name}`: this program has {}; libtorch comes with `--features libtorch`",
    names().join(", ")
)]
pub(super) struct UnknownDevice {
    name: String,
}
