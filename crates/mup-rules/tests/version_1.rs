//! Plans that version 1 wrote (with this crate at commit 02461b6) are read as what they prescribed.

use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::{Axes, BaseShapes, Kind, ModuleShapes, ParamShape, ParamSpec};

fn today(optimizer: OptimizerId) -> ScalingPlan {
    let constant = |kind| ParamSpec::new(Axes::multiplier(), kind);
    let model = |n: usize| {
        ModuleShapes::new(vec![
            ParamShape::new("embedding.weight", "Embedding", vec![100, n], ParamSpec::weight()),
            ParamShape::new("up.weight", "Linear", vec![n, 3 * n], ParamSpec::weight()),
            ParamShape::new("up.bias", "Linear", vec![3 * n], ParamSpec::bias()),
            ParamShape::new("logit_scale", "Attention", vec![32], constant(Kind::LogitScale)),
            ParamShape::new("key.weight", "Linear", vec![n, 64], ParamSpec::weight().inner()),
            ParamShape::new("head.weight", "Readout", vec![n, 10], ParamSpec::weight().multiplied()),
            ParamShape::new("head.multiplier", "Readout", vec![n], constant(Kind::Multiplier)),
        ])
    };
    let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(200)).unwrap();
    ScalingPlan::new(&shapes, Parametrization::mup(), optimizer).unwrap()
}

#[test]
fn a_stored_plan_of_version_1_prescribes_what_it_did() {
    for (text, optimizer) in [
        (include_str!("version_1/adam.json"), OptimizerId::ADAMW),
        (include_str!("version_1/sgd.json"), OptimizerId::SGD),
    ] {
        let (read, now) = (ScalingPlan::from_json(text).unwrap(), today(optimizer));
        assert_eq!(read.diff(&now), vec![]);
        assert_eq!(read.fingerprint(), now.fingerprint());
        assert_eq!(read.parametrization(), now.parametrization());
        assert_eq!(read.warnings(), now.warnings());
        assert_eq!(ScalingPlan::from_json(&read.to_json()).unwrap(), read);
    }
}

/// Version 1 had a column for SGD of its own, so its rate could be changed alone.
#[test]
fn a_rate_of_sgd_that_was_changed_alone_is_kept() {
    let text = include_str!("version_1/sgd.json");
    let changed = text.replace(r#""sgd":{"fan_in":-1.0,"fan_out":1.0}"#, r#""sgd":{"fan_in":0.0,"fan_out":0.0}"#);
    assert_ne!(text, changed);
    let table = ScalingPlan::from_json(&changed).unwrap().parametrization().clone();
    let hidden = table.rule(mup_shapes::Role::Hidden, mup_rules::Form::Plain).unwrap();
    assert_eq!(hidden.rate(mup_rules::Update::PROPORTIONAL), mup_rules::Power::ONE);
}
