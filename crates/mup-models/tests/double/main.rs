//! Tests in double precision, where mathematics and rounding are told apart: the device's type is set once per process.

#[path = "../common/mod.rs"]
mod common;
mod depth;
mod experts;
mod feed_forward_models;
mod fold;
mod generation;
mod golden;
mod gpt;
mod hugging_face;
mod multipliers;
mod python_twins;
mod relative_attention;

use std::sync::Once;

use burn::tensor::{Device, FloatDType, IntDType};

/// The device, with f64 as its default type.
fn device() -> Device {
    static CONFIGURE: Once = Once::new();
    let mut device = Device::flex();
    CONFIGURE.call_once(|| device.configure((FloatDType::F64, IntDType::I64)).unwrap());
    Device::flex()
}
