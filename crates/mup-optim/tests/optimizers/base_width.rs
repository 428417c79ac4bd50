//! At base width µP is SP: our optimizers are Burn's, SGD bit for bit, Adam up to rounding.

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, ModuleOptimizer, SgdConfig};
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig};
use mup_rules::{OptimizerId, Parametrization};

use crate::model::{Net, assert_close, plan, values};

/// Burn rounds Adam's β₂ to f32, which changes 1 − β₂ by 10⁻⁵ of itself and an update by less; ours keeps f64.
fn close_for_five_steps(mut ours: ModuleOptimizer, mut burns: ModuleOptimizer, start: &Net) {
    let (mut net, mut other) = (start.clone(), start.clone());
    for _ in 0..5 {
        let gradients = (net.gradients(), other.gradients());
        net = ours.step(0.03, net, gradients.0);
        other = burns.step(0.03, other, gradients.1);
        assert_close(&values(&net), &values(&other), 1e-6);
    }
    assert_ne!(values(&net), values(start));
}

fn same_for_five_steps(mut ours: ModuleOptimizer, mut burns: ModuleOptimizer, start: &Net) {
    let (mut net, mut other) = (start.clone(), start.clone());
    for _ in 0..5 {
        let gradients = (net.gradients(), other.gradients());
        net = ours.step(0.03, net, gradients.0);
        other = burns.step(0.03, other, gradients.1);
        assert_eq!(values(&net), values(&other));
    }
    assert_ne!(values(&net), values(start));
}

#[test]
fn adamw_is_burns_adamw() {
    let net = Net::base();
    let plan = plan(&net, Parametrization::mup(), OptimizerId::ADAMW);
    let ours = MupAdamWConfig::new().with_weight_decay(0.5).init(&plan, &net).unwrap();
    close_for_five_steps(ours, AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.5).init(), &net);
}

#[test]
fn adam_is_burns_adam() {
    let net = Net::base();
    let plan = plan(&net, Parametrization::mup(), OptimizerId::ADAM);
    let ours = MupAdamConfig::new().init(&plan, &net).unwrap();
    close_for_five_steps(ours, AdamConfig::new().with_epsilon(1e-8).init(), &net);
    let ours = MupAdamConfig::new().with_l2(0.1).init(&plan, &net).unwrap();
    let penalty = Some(WeightDecayConfig::new(0.1));
    close_for_five_steps(ours, AdamConfig::new().with_epsilon(1e-8).with_weight_decay(penalty).init(), &net);
}

#[test]
fn sgd_is_burns_sgd_without_dampening() {
    let net = Net::base();
    let plan = plan(&net, Parametrization::mup(), OptimizerId::SGD);
    same_for_five_steps(MupSgdConfig::new().init(&plan, &net).unwrap(), SgdConfig::new().init(), &net);
    let ours = MupSgdConfig::new().with_momentum(0.9).with_weight_decay(0.1).init(&plan, &net).unwrap();
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    let burns = SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(Some(WeightDecayConfig::new(0.1)));
    same_for_five_steps(ours, burns.init(), &net);
}
