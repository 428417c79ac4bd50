//! Burn's other optimizers, scaled by their family.

use burn::optim::{LionConfig, RmsPropConfig};
use mup_optim::scale_groups;
use mup_rules::OptimizerKind;

use crate::model::{Net, gradients_of, mup, random_values, values};

/// Lion moves every entry by exactly its rate, after decay.
#[test]
fn lion_moves_every_tensor_by_its_own_rate() {
    let (net, plan, rate, lambda) = (Net::target(), mup(OptimizerKind::AdamLike), 0.01, 0.5);
    let mut optimizer = scale_groups(&plan, &net, OptimizerKind::AdamLike, |class| {
        LionConfig::new().with_weight_decay((lambda * class.weight_decay) as f32).build()
    })
    .unwrap();
    let (before, gradients) = (values(&net), random_values(&net));
    let after = values(&optimizer.step(rate, net.clone(), gradients_of(&net, &gradients)));
    for row in plan.rows() {
        let step = (rate * row.learning_rate.value) as f32;
        for ((before, after), g) in before[&row.path].iter().zip(&after[&row.path]).zip(&gradients[&row.path]) {
            let expected = before * (1.0 - rate * lambda) as f32 - g.signum() * step;
            assert_eq!(*after, expected, "{}", row.path);
        }
    }
}

/// Without momentum, RMSProp's first step is `rate · g / (√((1 − α)·g²) + ε) = 10 · rate · sign(g)` at α = 0.99.
#[test]
fn rmsprop_moves_every_tensor_by_its_own_rate() {
    let (net, plan, rate) = (Net::target(), mup(OptimizerKind::AdamLike), 0.001);
    let mut optimizer = scale_groups(&plan, &net, OptimizerKind::AdamLike, |class| {
        RmsPropConfig::new().with_momentum(0.0).with_epsilon((1e-12 * class.epsilon) as f32).build()
    })
    .unwrap();
    let (before, gradients) = (values(&net), random_values(&net));
    let after = values(&optimizer.step(rate, net.clone(), gradients_of(&net, &gradients)));
    for row in plan.rows() {
        for (before, after) in before[&row.path].iter().zip(&after[&row.path]) {
            // 1 − 0.99 in f32 is 0.01 to 1e-6, and weights below 1 are stored to 6e-8.
            let moved = f64::from((after - before).abs());
            assert!((moved - 10.0 * rate * row.learning_rate.value).abs() < 2e-7, "{}: {moved}", row.path);
        }
    }
}
