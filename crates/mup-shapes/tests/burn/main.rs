//! Tests that read Burn modules.

#![cfg(feature = "burn")]

mod bsh;
mod evidence;
mod layers;
mod laziness;
mod places;
mod problems;
mod source;

use burn::tensor::Device;

fn device() -> Device {
    Device::flex()
}
