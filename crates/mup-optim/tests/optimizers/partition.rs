//! Plan and module must name the same parameters.

use mup_optim::MupAdamWConfig;
use mup_rules::{OptimizerId, ScalingPlan};

use crate::model::{Net, device, mup};

#[test]
fn missing_extra_and_differently_shaped_parameters_are_all_named() {
    let mut net = Net::target();
    net.up.bias = None;
    net.readout.bias = None;
    net.down = burn::nn::LinearConfig::new(16, 12).init(&device());
    let mut other = serde_json::to_value(mup(OptimizerId::ADAMW)).unwrap();
    other["rows"].as_array_mut().unwrap().retain(|row| row["path"] != "input.bias");
    let plan: ScalingPlan = serde_json::from_value(other).unwrap();
    let error = MupAdamWConfig::new().init(&plan, &net).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the plan does not fit the module: `up.bias` is in the plan, but the module has no such parameter; \
         `down.weight` is [16, 8] in the plan, but [16, 12] in the module; \
         `down.bias` is [8] in the plan, but [12] in the module; \
         `readout.bias` is in the plan, but the module has no such parameter; \
         `input.bias` is a parameter of the module, but the plan has no row for it; \
         make the plan from the module that is trained"
    );
}

#[test]
fn making_an_optimizer_initializes_no_parameter() {
    let net = Net::new(8, 16, &device());
    MupAdamWConfig::new().init(&mup(OptimizerId::ADAMW), &net).unwrap();
    assert!(!net.up.weight.is_initialized());
}
