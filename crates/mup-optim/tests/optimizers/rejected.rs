//! Hyperparameters that cannot be meant.

use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig, OptimError};
use mup_rules::{L2Rule, OptimizerId, Parametrization, ScalingPlan, WeightDecay};

use crate::model::{Net, mup, plan};

fn adamw(config: &MupAdamWConfig) -> OptimError {
    config.init(&mup(OptimizerId::ADAMW), &Net::target()).err().unwrap()
}

fn adam(config: &MupAdamConfig) -> OptimError {
    config.init(&mup(OptimizerId::ADAM), &Net::target()).err().unwrap()
}

fn sgd(config: &MupSgdConfig) -> OptimError {
    config.init(&mup(OptimizerId::SGD), &Net::target()).err().unwrap()
}

#[test]
fn negative_infinite_and_nan_hyperparameters_are_named() {
    for bad in [-0.1, f64::NAN, f64::INFINITY] {
        let errors = [
            ("AdamW", "beta_1", adamw(&MupAdamWConfig::new().with_beta_1(bad))),
            ("AdamW", "beta_2", adamw(&MupAdamWConfig::new().with_beta_2(bad))),
            ("AdamW", "epsilon", adamw(&MupAdamWConfig::new().with_epsilon(bad))),
            ("AdamW", "weight_decay", adamw(&MupAdamWConfig::new().with_weight_decay(bad))),
            ("AdamW", "peak_learning_rate", adamw(&MupAdamWConfig::new().with_peak_learning_rate(Some(bad)))),
            ("Adam", "beta_1", adam(&MupAdamConfig::new().with_beta_1(bad))),
            ("Adam", "beta_2", adam(&MupAdamConfig::new().with_beta_2(bad))),
            ("Adam", "epsilon", adam(&MupAdamConfig::new().with_epsilon(bad))),
            ("Adam", "l2", adam(&MupAdamConfig::new().with_l2(bad))),
            ("SGD", "momentum", sgd(&MupSgdConfig::new().with_momentum(bad))),
            ("SGD", "weight_decay", sgd(&MupSgdConfig::new().with_weight_decay(bad))),
            ("SGD", "peak_learning_rate", sgd(&MupSgdConfig::new().with_peak_learning_rate(Some(bad)))),
        ];
        for (wanted_optimizer, wanted_name, error) in errors {
            let OptimError::Hyperparameter { optimizer, name, .. } = error else { panic!("{error}") };
            assert_eq!((optimizer, name), (wanted_optimizer, wanted_name));
        }
    }
}

#[test]
fn coefficients_of_moving_averages_end_below_one() {
    let error = adamw(&MupAdamWConfig::new().with_beta_2(1.0));
    assert_eq!(error.to_string(), "AdamW: beta_2 is 1, but must be at least 0 and less than 1");
}

#[test]
fn settings_without_effect_are_errors() {
    let error = sgd(&MupSgdConfig::new().with_nesterov(true));
    assert_eq!(error.to_string(), "SGD: nesterov has no effect without momentum; set with_momentum, or leave it out");
    for error in [
        adamw(&MupAdamWConfig::new().with_peak_learning_rate(Some(0.01))),
        sgd(&MupSgdConfig::new().with_peak_learning_rate(Some(0.01))),
    ] {
        assert!(matches!(error, OptimError::NoEffect { name: "peak_learning_rate", .. }), "{error}");
    }
}

#[test]
fn decay_independent_of_the_peak_rate_needs_the_peak_rate() {
    let independent = |kind, parametrization: Parametrization| {
        plan(&Net::target(), parametrization.with_weight_decay(WeightDecay::Independent), kind)
    };
    let (net, table) = (Net::target(), Parametrization::mup());
    let (adamw, sgd) = (independent(OptimizerId::ADAMW, table.clone()), independent(OptimizerId::SGD, table));
    let error = MupAdamWConfig::new().init(&adamw, &net).err().unwrap();
    assert_eq!(error, OptimError::PeakRequired { optimizer: "AdamW" });
    let error = MupSgdConfig::new().with_weight_decay(0.1).init(&sgd, &net).err().unwrap();
    assert_eq!(error, OptimError::PeakRequired { optimizer: "SGD" });
    assert!(MupSgdConfig::new().init(&sgd, &net).is_ok(), "nothing to scale");
    let coupled = independent(OptimizerId::ADAM, Parametrization::mup().with_l2(L2Rule::AsWeightDecay));
    let error = MupAdamConfig::new().with_l2(0.1).init(&coupled, &net).err().unwrap();
    assert_eq!(error, OptimError::IndependentL2 { optimizer: "Adam" });
}

#[test]
fn a_plan_edited_to_nonsense_is_refused_by_path() {
    let mut edited = serde_json::to_value(mup(OptimizerId::ADAMW)).unwrap();
    edited["rows"][2]["learning_rate"]["value"] = (-1.0).into();
    let error = serde_json::from_value::<ScalingPlan>(edited).unwrap_err().to_string();
    assert!(error.starts_with("`up.weight`: learning rate -1 "), "{error}");
}

/// A step of Burn's cannot return an error.
#[test]
fn a_rate_that_would_spoil_every_weight_is_refused_at_the_step() {
    for rate in [f64::NAN, f64::INFINITY, 1e308] {
        let net = Net::target();
        let mut optimizer = MupSgdConfig::new().init(&mup(OptimizerId::SGD), &net).unwrap();
        let gradients = net.gradients();
        let step = std::panic::AssertUnwindSafe(|| drop(optimizer.step(rate, net, gradients)));
        let said = std::panic::catch_unwind(step).unwrap_err();
        let said = said.downcast_ref::<String>().unwrap();
        assert!(said.starts_with(&format!("the learning rate of this step is {rate}, ")), "{said}");
    }
}
