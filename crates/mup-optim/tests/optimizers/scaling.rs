//! The rate factor of every tensor is inside the optimizer.

use burn::optim::{ModuleOptimizer, MultiGradientsParams};
use burn::tensor::Device;
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig};
use mup_rules::OptimizerId;

use crate::model::{Net, gradients_of, mup, random_values, values};

/// One step of plain SGD computes `w − (η·c)·g`, with `η·c` rounded once, to f32.
fn sgd_step_is_exact(rate: f64) {
    let (net, plan) = (Net::target(), mup(OptimizerId::SGD));
    let mut optimizer = MupSgdConfig::new().init(&plan, &net).unwrap();
    let (before, gradients) = (values(&net), random_values(&net));
    let after = values(&optimizer.step(rate, net.clone(), gradients_of(&net, &gradients)));
    for row in plan.rows() {
        let step = (rate * row.learning_rate.value) as f32;
        let (before, gradients) = (&before[&row.path], &gradients[&row.path]);
        let expected: Vec<f32> = before.iter().zip(gradients).map(|(w, g)| w - g * step).collect();
        assert_eq!(after[&row.path], expected, "{}", row.path);
    }
}

#[test]
fn an_sgd_step_is_rate_times_factor_times_gradient_for_every_tensor() {
    sgd_step_is_exact(0.3);
}

#[test]
fn rates_above_one_work() {
    sgd_step_is_exact(7.5);
}

/// Adam's first step moves every entry by its tensor's rate, whatever the gradient: m̂/√v̂ is ±1.
#[test]
fn plain_lr_keeps_multipliers() {
    let (net, plan, rate) = (Net::target(), mup(OptimizerId::ADAMW), 0.01);
    let adam = MupAdamConfig::new().with_epsilon(0.0).init(&mup(OptimizerId::ADAM), &net).unwrap();
    let adamw = MupAdamWConfig::new().with_epsilon(0.0).with_weight_decay(0.0).init(&plan, &net).unwrap();
    for mut optimizer in [adam, adamw] {
        let (before, gradients) = (values(&net), random_values(&net));
        let after = values(&optimizer.step(rate, net.clone(), gradients_of(&net, &gradients)));
        for row in plan.rows() {
            for (before, after) in before[&row.path].iter().zip(&after[&row.path]) {
                // Weights below 1 are stored to 6e-8, and the step is their difference.
                let moved = f64::from((after - before).abs());
                assert!((moved - rate * row.learning_rate.value).abs() < 1.5e-7, "{}: {moved}", row.path);
            }
        }
    }
}

/// What burn-train's multi-device strategy calls.
#[test]
fn gradients_from_several_devices_are_summed_then_scaled() {
    let (net, plan, device) = (Net::target(), mup(OptimizerId::SGD), Device::flex());
    let mut one = MupSgdConfig::new().with_momentum(0.9).init(&plan, &net).unwrap();
    let mut two = one.clone();
    let gradients = random_values(&net);
    let doubled = gradients.iter().map(|(path, values)| (path.clone(), values.iter().map(|g| g + g).collect()));
    let summed = one.step(0.1, net.clone(), gradients_of(&net, &doubled.collect()));
    let per_device = || (gradients_of(&net, &gradients), device.clone());
    let gathered = two.step_multi(0.1, net.clone(), MultiGradientsParams { grads: vec![per_device(), per_device()] });
    assert_eq!(values(&gathered), values(&summed));
}

#[test]
fn the_factors_of_this_model_differ() {
    let rate = |kind, path: &str| mup(kind).row(path).unwrap().learning_rate.value;
    let adam: Vec<f64> = ["input.weight", "up.weight", "down.weight", "readout.weight"]
        .map(|path| rate(OptimizerId::ADAMW, path))
        .to_vec();
    assert_eq!(adam, [1.0, 1.0 / 4.0, 1.0 / 8.0, 1.0 / 4.0]);
    assert_eq!(rate(OptimizerId::SGD, "up.weight"), 2.0);
}

/// What a mixed optimizer needs: each of its optimizers has a base rate of its own.
#[test]
fn a_relative_rate_multiplies_the_rate_of_every_step() {
    let (net, plan) = (Net::target(), mup(OptimizerId::ADAMW));
    let config = MupAdamWConfig::new().with_weight_decay(0.5);
    let mut relative = config.clone().with_relative_rate(0.25).init(&plan, &net).unwrap();
    let mut plain = config.init(&plan, &net).unwrap();
    let step = |optimizer: &mut ModuleOptimizer, rate| values(&optimizer.step(rate, net.clone(), net.gradients()));
    assert_eq!(step(&mut relative, 0.04), step(&mut plain, 0.01));
}
