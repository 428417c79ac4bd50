//! The door: every optimizer that a plan uses, given exactly once.

use mup_optim::{
    Blocks, MupAdamConfig, MupAdamWConfig, MupLionConfig, MupMuonConfig, MupOptimizer, MupSgdConfig, MupStack,
    OptimError,
};
use mup_rules::{OptimizerId, Overrides, Parametrization, ScalingPlan, Update};
use mup_shapes::Role;

use crate::from_outside::Sign;
use crate::model::{Net, gradients_of, mup, random_values, shapes, values};

/// Hidden matrices by Muon, the rest by AdamW.
fn mixed() -> ScalingPlan {
    ScalingPlan::of(&shapes(), Parametrization::mup()).optimizer(Role::Hidden, OptimizerId::MUON).build().unwrap()
}

fn refused(plan: &ScalingPlan, add: impl Fn(MupOptimizer<'_, Net>) -> MupOptimizer<'_, Net>) -> String {
    let net = Net::target();
    add(MupOptimizer::new(plan, &net)).build().err().unwrap().to_string()
}

#[test]
fn an_optimizer_that_is_missing_twice_given_or_of_no_use_is_named() {
    let (adamw, muon) = (MupAdamWConfig::new, MupMuonConfig::new);
    let plan = mixed();
    assert_eq!(
        refused(&plan, |optimizer| optimizer.with(adamw())),
        "the plan trains `up.weight` by muon, of which no config is given; add it by `with`, or make the plan with \
         adamw"
    );
    assert_eq!(
        refused(&plan, |optimizer| optimizer),
        "the plan trains `input.weight` by adamw, of which no config is given; add it by `with`"
    );
    assert_eq!(
        refused(&plan, |optimizer| optimizer.with(adamw()).with(muon()).with(adamw())),
        "adamw is given twice; a plan has one optimizer of a name"
    );
    assert_eq!(
        refused(&plan, |optimizer| optimizer.with(adamw()).with(muon()).with(MupLionConfig::new())),
        "lion trains nothing in this plan, which uses adamw, muon; leave it out, or make the plan with it"
    );
}

#[test]
fn a_plan_for_another_optimizer_is_an_error() {
    let net = Net::target();
    let errors = [
        MupAdamWConfig::new().init(&mup(OptimizerId::SGD), &net),
        MupAdamConfig::new().init(&mup(OptimizerId::ADAMW), &net),
        MupSgdConfig::new().init(&mup(OptimizerId::LION), &net),
    ];
    for error in errors.map(|optimizer| optimizer.err().unwrap()) {
        assert!(matches!(error, OptimError::NotGiven { .. }), "{error}");
    }
}

/// Rates would be those of another rule.
#[test]
fn an_optimizer_of_the_plans_name_that_scales_otherwise_is_refused() {
    let plan = mup(OptimizerId::new("sign", Update::PROPORTIONAL));
    let error = refused(&plan, |optimizer| optimizer.with(Sign));
    assert!(error.starts_with("the plan was made for another sign: "), "{error}");
}

#[test]
fn a_relative_rate_that_is_none_is_refused() {
    for rate in [0.0, -1.0, f64::NAN] {
        let config = MupAdamWConfig::new().with_relative_rate(rate);
        assert!(
            refused(&mup(OptimizerId::ADAMW), |optimizer| optimizer.with(config.clone())).contains("relative_rate")
        );
        let sgd = [MupSgdConfig::new(), MupSgdConfig::new().with_relative_rate(rate)];
        let stack = MupStack::new(&mup(OptimizerId::SGD), &Net::target()).with(&sgd).build().unwrap_err();
        assert!(matches!(stack, OptimError::InTrial { trial: 1, .. }), "{stack}");
    }
}

#[test]
fn blocks_that_divide_nothing_or_match_nothing_are_refused() {
    let blocks = |pattern: &'static str, blocks| {
        let muon = MupMuonConfig::new().in_blocks(pattern, blocks);
        refused(&mixed(), move |all| all.with(MupAdamWConfig::new()).with(muon.clone()))
    };
    let with = |pattern, n| blocks(pattern, Blocks::Count(n));
    assert_eq!(with("up.*", 5), "Muon: `up.weight` has 16 outputs, which 5 blocks do not divide");
    let sized = |n| blocks("up.*", Blocks::Size(n));
    assert_eq!(sized(5), "Muon: `up.weight` has 16 outputs, which blocks of 5 do not divide");
    assert_eq!(sized(8), "Muon: `up.weight` has 2 outputs at base width, which blocks of 8 do not divide");
    assert_eq!(with("input.*", 2), "Muon: blocks of `input.*`, which matches no parameter that it trains");
    assert!(with("up.*", 0).contains("blocks is 0"), "{}", with("up.*", 0));
}

/// Rates and decay of one's own reach the optimizer, and what is frozen stays, although it has a gradient.
#[test]
fn the_wishes_of_a_plan_are_kept() {
    let net = Net::target();
    let plan = ScalingPlan::of(&shapes(), Parametrization::mup())
        .overrides(Overrides::decay_matrices_only())
        .rate("input.*", 2.0)
        .frozen("down.*")
        .build()
        .unwrap();
    let config = MupAdamWConfig::new().with_epsilon(0.0).with_weight_decay(0.5);
    let mut optimizer = config.init(&plan, &net).unwrap();
    let gradients = |scale: f32| {
        random_values(&net).into_iter().map(move |(path, mut values)| {
            values.iter_mut().for_each(|value| *value *= scale);
            (path, values)
        })
    };
    let before = values(&net);
    let after = values(&optimizer.step(0.01, net.clone(), gradients_of(&net, &gradients(1.0).collect())));
    for path in ["down.weight", "down.bias"] {
        assert_eq!(after[path], before[path]);
    }
    // Adam's first step moves every entry by its rate.
    for (path, rate) in [("input.bias", 0.02), ("readout.bias", 0.01)] {
        for (before, after) in before[path].iter().zip(&after[path]) {
            assert!((f64::from((after - before).abs()) - rate).abs() < 1.5e-7, "{path}");
        }
    }
    let mut still = config.with_epsilon(1e-8).init(&plan, &net).unwrap();
    let after = values(&still.step(0.01, net.clone(), gradients_of(&net, &gradients(0.0).collect())));
    assert_eq!(after["up.bias"], before["up.bias"]);
    assert_ne!(after["up.weight"], before["up.weight"]);
}
