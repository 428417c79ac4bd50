//! In float64 nothing is excused: every tensor of every run, and the three forms of one parametrization.
//!
//! The float type of a device is chosen once per process, so these tests have a binary of their own.

mod three_forms;

use std::sync::Once;

use burn::tensor::{Device, FloatDType, IntDType};
use mup_golden::{Case, Family, cases, optimizer_kind, parameters, prepare, relative_difference, train};
use mup_models::{ConvNet, Gpt, Mlp};
use mup_rules::Parametrization;

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

fn check<F: Family>(case: &Case) {
    for width in &case.widths {
        for (name, run) in &case.trajectory.runs {
            let kind = optimizer_kind(name);
            let prepared = prepare::<F>(case, width, Parametrization::mup_package(), kind, &device());
            let golden = prepared.golden.clone();
            let what = format!("{} width {} {name}", case.model, width.index);
            let logits: Vec<f64> = prepared.model.logits(&prepared.batch).into_data().iter::<f64>().collect();
            let at_start = relative_difference(&logits, golden.get("logits64").1);
            let (model, losses) = train(prepared, name, run, case.trajectory.steps);
            let loss = relative_difference(&losses, golden.get(&format!("loss/{name}")).1);
            let mut largest: f64 = 0.0;
            for (path, values) in parameters(&model) {
                if !width.constants.contains_key(&path) {
                    let difference = relative_difference(&values, golden.get(&format!("{name}/{path}")).1);
                    assert!(difference < TOLERANCE, "{what}: `{path}` differs by {difference:e}");
                    largest = largest.max(difference);
                }
            }
            println!("{what}: logits {at_start:.1e}, losses {loss:.1e}, parameters {largest:.1e}");
            assert!(at_start < TOLERANCE_LOGITS && loss < TOLERANCE_LOSS, "{what}: {at_start:e}, {loss:e}");
        }
    }
}

#[test]
fn in_float64_every_tensor_follows_pytorch_and_mup() {
    for case in cases() {
        match case.kind.as_str() {
            "Mlp" => check::<Mlp>(&case),
            "ConvNet" => check::<ConvNet>(&case),
            _ => check::<Gpt>(&case),
        }
    }
}
