//! What an optimizer must leave alone, and what it must refuse.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::module::{Module, Param};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::Tensor;
use mup_optim::MupSgdConfig;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::{Axes, Kind, ParamSpec, ShapeReader};

use crate::model::{Net, device, gradients_of, mup, random_values, values};

#[test]
fn frozen_parameters_stay() {
    let mut net = Net::target();
    net.up = net.up.no_grad();
    let mut optimizer = MupSgdConfig::new().init(&mup(OptimizerId::SGD), &net).unwrap();
    let before = values(&net);
    let after = values(&optimizer.step(0.1, net.clone(), net.gradients()));
    for path in ["up.weight", "up.bias"] {
        assert_eq!(after[path], before[path]);
    }
    assert_ne!(after["down.weight"], before["down.weight"]);
}

#[derive(Module, Debug)]
struct Attentive {
    linear: Linear,
    norm: BatchNorm,
    multiplier: Param<Tensor<1>>,
    logit_scale: Param<Tensor<1>>,
    adapters: Vec<Linear>,
}

impl Attentive {
    fn new(width: usize) -> Self {
        Self {
            linear: LinearConfig::new(3, width).init(&device()),
            norm: BatchNormConfig::new(width).init(&device()),
            multiplier: Param::from_tensor(Tensor::full([width], 0.25, &device())),
            logit_scale: Param::from_tensor(Tensor::full([4], 0.5, &device())),
            adapters: Vec::new(),
        }
    }

    fn plan() -> ScalingPlan {
        let reader = ShapeReader::new()
            .declare("multiplier", ParamSpec::new(Axes::multiplier(), Kind::Multiplier))
            .declare("logit_scale", ParamSpec::new(Axes::multiplier(), Kind::LogitScale));
        let shapes = reader.infer(&Self::new(4), &Self::new(6), &Self::new(16)).unwrap();
        ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::SGD).unwrap()
    }
}

#[test]
fn multipliers_and_logit_scales_are_never_updated_not_even_with_a_gradient() {
    let net = Attentive::new(16);
    let mut optimizer = MupSgdConfig::new().with_momentum(0.9).init(&Attentive::plan(), &net).unwrap();
    let before = values(&net);
    let after = values(&optimizer.step(0.1, net.clone(), gradients_of(&net, &random_values(&net))));
    for path in ["multiplier", "logit_scale"] {
        assert_eq!(after[path], before[path]);
    }
    for path in ["linear.weight", "norm.gamma", "norm.beta"] {
        assert_ne!(after[path], before[path]);
    }
}

#[test]
fn a_parameter_that_appears_later_is_refused_with_the_cause() {
    let mut net = Attentive::new(16);
    let mut optimizer = MupSgdConfig::new().init(&Attentive::plan(), &net).unwrap();
    net.adapters.push(LinearConfig::new(16, 5).with_bias(false).init(&device()));
    let gradients = gradients_of(&net, &random_values(&net));
    let refused = catch_unwind(AssertUnwindSafe(|| optimizer.step(0.1, net, gradients))).unwrap_err();
    let message = refused.downcast_ref::<String>().unwrap();
    assert!(message.contains("[16, 5]") && message.contains("no row in the plan"), "{message}");
}
