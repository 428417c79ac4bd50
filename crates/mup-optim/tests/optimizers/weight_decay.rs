//! Each convention of weight decay, measured on a step without gradient.

use mup_optim::MupAdamWConfig;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan, WeightDecay};

use crate::model::{Net, Values, gradients_of, plan, values};

/// The factor by which one AdamW step shrinks each tensor when every gradient is zero.
fn shrinkage(convention: WeightDecay, config: &MupAdamWConfig, rate: f64) -> (ScalingPlan, Vec<(String, f64)>) {
    let net = Net::target();
    let plan = plan(&net, Parametrization::mup().with_weight_decay(convention), OptimizerId::ADAMW);
    let mut optimizer = config.init(&plan, &net).unwrap();
    let before = values(&net);
    let zeros: Values = before.iter().map(|(path, values)| (path.clone(), vec![0.0; values.len()])).collect();
    let after = values(&optimizer.step(rate, net.clone(), gradients_of(&net, &zeros)));
    let norm = |values: &[f32]| values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let shrinkage = before.iter().map(|(path, before)| (path.clone(), norm(&after[path]) / norm(before)));
    (plan, shrinkage.collect())
}

/// One f32 multiplication by a factor rounded to f32: two roundings of 6e-8 each.
const ROUNDING: f64 = 1.3e-7;

#[test]
fn kept_product_shrinks_every_tensor_by_rate_times_decay() {
    let config = MupAdamWConfig::new().with_weight_decay(0.5);
    for (path, shrinkage) in shrinkage(WeightDecay::KeepProduct, &config, 0.1).1 {
        assert!((shrinkage - (1.0 - 0.1 * 0.5)).abs() < ROUNDING, "{path}: {shrinkage}");
    }
}

#[test]
fn kept_lambda_shrinks_a_tensor_by_its_own_rate_times_decay() {
    let config = MupAdamWConfig::new().with_weight_decay(0.5);
    let (plan, tensors) = shrinkage(WeightDecay::KeepLambda, &config, 0.1);
    for (path, shrinkage) in tensors {
        let own = 0.1 * plan.row(&path).unwrap().learning_rate.value;
        assert!((shrinkage - (1.0 - own * 0.5)).abs() < ROUNDING, "{path}: {shrinkage}");
    }
}

#[test]
fn independent_decay_follows_the_schedule_but_not_its_peak() {
    for peak in [0.02, 2.0] {
        let config = MupAdamWConfig::new().with_weight_decay(0.04).with_peak_learning_rate(Some(peak));
        for (path, shrinkage) in shrinkage(WeightDecay::Independent, &config, peak / 4.0).1 {
            assert!((shrinkage - (1.0 - 0.04 / 4.0)).abs() < ROUNDING, "{path}: {shrinkage}");
        }
    }
}
