//! In float64 nothing is excused: every tensor of every run, and the three forms of one parametrization.
//!
//! The float type of a device is chosen once per process, so these tests have a binary of their own.

mod three_forms;

use std::sync::Once;

use burn::tensor::{Device, FloatDType, IntDType};
use mup_golden::{cases, compare_runs};

/// Burn's optimizers keep their hyperparameters as f32 (burn-optim adamw.rs, momentum.rs): 0.999 as f32 makes
/// 1 − β₂ wrong by 1.3e-5, of which bias correction cancels the part that is common to all steps.
const TOLERANCE: f64 = 1e-5;
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
        assert!(logits < TOLERANCE_LOGITS && losses < TOLERANCE, "{what}: {logits:e}, {losses:e}");
        assert!(parameters < TOLERANCE, "{what}: parameters differ by {parameters:e}");
    }
}
