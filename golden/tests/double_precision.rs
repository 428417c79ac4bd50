//! In float64 nothing is excused: every tensor of every run, and the three forms of one parametrization.
//!
//! The float type of a device is chosen once per process, so these tests have a binary of their own.

mod three_forms;

use std::sync::Once;

use burn::tensor::{Device, FloatDType, IntDType};
use mup_golden::{cases, compare_runs};

/// The golden weights after ten steps are stored as float32, which rounds by 6e-8 of a weight.
const TOLERANCE: f64 = 1.2e-7;
/// The golden losses before each step are stored as float64, and hold every update to a few hundred roundings of 1e-16.
const TOLERANCE_LOSS: f64 = 1e-12;
/// No optimizer is involved: a few dozen roundings of 1e-16.
const TOLERANCE_LOGITS: f64 = 1e-13;

/// Flex with float64 as its default, and autodiff.
fn device() -> Device {
    static CONFIGURE: Once = Once::new();
    CONFIGURE.call_once(|| {
        let configured = Device::flex().configure((FloatDType::F64, IntDType::I64));
        configured.expect("no tensor of this process is older");
    });
    Device::flex().autodiff()
}

#[test]
fn in_float64_every_tensor_follows_pytorch_and_mup() {
    let cases = cases();
    for run in cases.iter().flat_map(|case| compare_runs(case, &device(), |_, _| true)) {
        let (what, logits, losses, parameters) = (&run.what, run.logits, run.losses, run.in_full);
        println!("{what}: logits {logits:.1e}, losses {losses:.1e}, parameters {parameters:.1e}");
        assert!(logits < TOLERANCE_LOGITS && losses < TOLERANCE_LOSS, "{what}: {logits:e}, {losses:e}");
        assert!(parameters < TOLERANCE, "{what}: parameters differ by {parameters:e}");
    }
}
