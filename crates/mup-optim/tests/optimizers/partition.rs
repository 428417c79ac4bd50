//! Plan and module must name the same parameters.

use burn::optim::SgdConfig;
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig, OptimError, scale_groups};
use mup_rules::{OptimizerKind, ScalingPlan};

use crate::model::{Net, device, mup};

#[test]
fn every_trained_parameter_is_in_exactly_one_class_and_classes_differ() {
    let plan = mup(OptimizerKind::SgdLike);
    let mut classes = Vec::new();
    scale_groups(&plan, &Net::target(), OptimizerKind::SgdLike, |class| {
        classes.push(class.clone());
        SgdConfig::new().build()
    })
    .unwrap();
    let mut covered: Vec<&str> = classes.iter().flat_map(|class| &class.paths).map(String::as_str).collect();
    let mut planned: Vec<&str> = plan.rows().iter().map(|row| row.path.as_str()).collect();
    covered.sort_unstable();
    planned.sort_unstable();
    assert_eq!(covered, planned);
    for class in &classes {
        for path in &class.paths {
            let row = plan.row(path).unwrap();
            let factors = [&row.learning_rate, &row.weight_decay, &row.l2, &row.epsilon].map(|factor| factor.value);
            assert_eq!([class.learning_rate, class.weight_decay, class.l2, class.epsilon], factors, "{path}");
        }
    }
    assert!(classes.iter().any(|class| class.paths == ["input.weight", "input.bias", "down.bias"]), "{classes:?}");
}

#[test]
fn missing_extra_and_differently_shaped_parameters_are_all_named() {
    let mut net = Net::target();
    net.up.bias = None;
    net.readout.bias = None;
    net.down = burn::nn::LinearConfig::new(16, 12).init(&device());
    let mut other = serde_json::to_value(mup(OptimizerKind::AdamLike)).unwrap();
    other["rows"].as_array_mut().unwrap().retain(|row| row["path"] != "input.bias");
    let plan: ScalingPlan = serde_json::from_value(other).unwrap();
    let error = MupAdamConfig::new().init(&plan, &net).err().unwrap();
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
fn a_plan_for_the_other_kind_of_optimizer_is_an_error() {
    let net = Net::target();
    let (adam, sgd) = (mup(OptimizerKind::AdamLike), mup(OptimizerKind::SgdLike));
    let build = |_: &_| SgdConfig::new().build();
    let errors = [
        MupAdamWConfig::new().init(&sgd, &net).err().unwrap(),
        MupAdamConfig::new().init(&sgd, &net).err().unwrap(),
        MupSgdConfig::new().init(&adam, &net).err().unwrap(),
        scale_groups(&adam, &net, OptimizerKind::SgdLike, build).err().unwrap(),
    ];
    for error in &errors {
        assert!(matches!(error, OptimError::OptimizerKind { .. }), "{error}");
    }
    assert_eq!(
        errors[2].to_string(),
        "SGD is SGD-like, but the plan was made for Adam-like optimizers; make it with OptimizerKind::SgdLike"
    );
}

#[test]
fn making_an_optimizer_initializes_no_parameter() {
    let net = Net::new(8, 16, &device());
    MupAdamConfig::new().init(&mup(OptimizerKind::AdamLike), &net).unwrap();
    assert!(!net.up.weight.is_initialized());
}
