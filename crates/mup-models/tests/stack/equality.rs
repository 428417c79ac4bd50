//! Losses and weights of a stack are those of its trials alone.

use burn::optim::ModuleOptimizer;
use burn::tensor::Tensor;
use mup_models::{Gpt, GptConfig, GptStack, Positions};
use mup_optim::{MupStack, StackOptimizer};
use mup_rules::{OptimizerId, ScalingPlan};

use crate::common::{decoders, distance, values};
use crate::trials::{
    STEPS, TRIALS, adamw, batch, batches, gpt, parameters, plan, rates, sgd, shape, step_of_all, step_of_one,
};

/// Sums of up to 48 products and 24 rows are taken in another order, each rounded to 6e-8 relative; 20 steps at rates of
/// at most 2e-2 over ε of at least 1e-3 multiply that by at most some tens. Weights and losses are of order 1. A wrong
/// factor in any trial is 1e-3 and more: see `a_trial_with_another_value_is_seen`.
const TOLERANCE: f64 = 2e-5;

type Shape = Box<dyn Fn(usize) -> GptConfig>;

fn kinds() -> Vec<Shape> {
    let gpts: [fn(usize) -> GptConfig; 7] = [
        shape,
        |width| shape(width).with_tied(true),
        |width| shape(width).with_positions(Positions::Absolute),
        |width| shape(width).with_positions(Positions::Absolute).with_tied(true).with_bias(false),
        |width| shape(width).with_positions(Positions::None),
        |width| shape(width).with_branch_factors(true),
        |width| shape(width).with_branch_factors(true).with_bias(false),
    ];
    let decoder = |which: usize, factors| -> Shape {
        Box::new(move |width| decoders(&shape(width)).remove(which).with_branch_factors(factors))
    };
    let count = decoders(&shape(16)).len();
    gpts.into_iter()
        .map(|at| -> Shape { Box::new(at) })
        .chain((0..count).map(|which| decoder(which, which % 2 == 1)))
        .collect()
}

/// The largest distance of a loss or a weight between a stack and its trials alone over 20 steps.
fn distance_from_alone(
    plan: &ScalingPlan,
    config: &GptConfig,
    mut all: impl FnMut(&GptStack) -> StackOptimizer,
    alone: impl Fn(usize, &Gpt) -> ModuleOptimizer,
) -> f64 {
    let trials: Vec<Gpt> = (0..TRIALS).map(|k| gpt(config.clone(), plan, k)).collect();
    let mut stack = GptStack::new(&trials).unwrap();
    let mut optimizer = all(&stack);
    let mut singles: Vec<_> = trials.into_iter().enumerate().map(|(k, model)| (alone(k, &model), model)).collect();
    let mut worst = 0.0_f64;
    for step in 0..STEPS {
        let losses;
        (stack, losses) = step_of_all(stack, &mut optimizer, &rates(step), batches(step));
        singles = singles
            .into_iter()
            .enumerate()
            .map(|(k, (mut optimizer, model))| {
                let (model, loss) = step_of_one(model, &mut optimizer, (k, step));
                worst = worst.max((loss - losses[k]).abs());
                (optimizer, model)
            })
            .collect();
    }
    for (one, (_, alone)) in stack.unstack().iter().zip(&singles) {
        for ((one, trained), (alone, trained_alone)) in parameters(one).iter().zip(parameters(alone)) {
            assert_eq!(*trained, trained_alone);
            worst = one.iter().zip(alone).fold(worst, |worst, (one, alone)| worst.max((one - alone).abs()));
        }
    }
    worst
}

fn with_adamw(at: impl Fn(usize) -> GptConfig, alone: impl Fn(usize) -> mup_optim::MupAdamWConfig) -> f64 {
    let plan = plan(&at, OptimizerId::ADAMW);
    let configs: Vec<_> = (0..TRIALS).map(adamw).collect();
    let all = |stack: &GptStack| MupStack::new(&plan, stack).with(&configs).build().unwrap();
    distance_from_alone(&plan, &at(16), all, |k, model| alone(k).init(&plan, model).unwrap())
}

#[test]
fn with_adamw_trials_of_every_kind_of_gpt_train_as_they_would_alone() {
    for at in kinds() {
        let worst = with_adamw(&at, adamw);
        assert!(worst < TOLERANCE, "{}: {worst:e}", at(16));
    }
}

#[test]
fn with_sgd_trials_train_as_they_would_alone() {
    let plan = plan(shape, OptimizerId::SGD);
    for nesterov in [false, true] {
        let config = |k| if nesterov { sgd(k).with_nesterov(true).with_momentum(0.5 + 0.1 * k as f64) } else { sgd(k) };
        let configs: Vec<_> = (0..TRIALS).map(config).collect();
        let all = |stack: &GptStack| MupStack::new(&plan, stack).with(&configs).build().unwrap();
        let worst = distance_from_alone(&plan, &shape(16), all, |k, model| config(k).init(&plan, model).unwrap());
        assert!(worst < TOLERANCE, "nesterov {nesterov}: {worst:e}");
    }
}

#[test]
fn a_trial_with_another_value_is_seen() {
    let changed: [fn(mup_optim::MupAdamWConfig) -> mup_optim::MupAdamWConfig; 4] = [
        |config| config.with_epsilon(1e-2),
        |config| config.with_weight_decay(0.5),
        |config| config.with_beta_1(0.7),
        |config| config.with_beta_2(0.9),
    ];
    for changed in changed {
        let worst = with_adamw(shape, |k| if k == 2 { changed(adamw(k)) } else { adamw(k) });
        assert!(worst > 10.0 * TOLERANCE, "{worst:e}");
    }
}

#[test]
fn one_batch_for_all_is_that_batch_for_each() {
    let plan = plan(shape, OptimizerId::ADAMW);
    let stack = GptStack::new(&[0, 1, 2].map(|k| gpt(shape(16), &plan, k))).unwrap();
    let [tokens, targets] = batch(0, 0);
    let shared = stack.loss(tokens.clone().unsqueeze(), targets.clone().unsqueeze());
    let each = |tokens| Tensor::stack(vec![tokens; TRIALS], 0);
    assert_eq!(values(&shared), values(&stack.loss(each(tokens.clone()), each(targets))));
    let logits = stack.forward(tokens.clone().unsqueeze());
    for (k, model) in stack.unstack().iter().enumerate() {
        let alone = model.forward(tokens.clone());
        // Sums of 48 products at most, in another order.
        assert!(distance(&logits.clone().narrow(0, k, 1).squeeze_dim::<3>(0), &alone) < 1e-5);
    }
}

#[test]
fn stacking_and_unstacking_changes_nothing() {
    for at in kinds() {
        let plan = plan(&at, OptimizerId::ADAMW);
        let trials = [0, 1, 2].map(|k| gpt(at(16), &plan, k));
        let again = GptStack::new(&trials).unwrap().unstack();
        assert_eq!(again.len(), TRIALS);
        for (before, after) in trials.iter().zip(&again) {
            assert_eq!(parameters(before), parameters(after));
            assert_eq!(before.config(), after.config());
            assert_eq!(values(&before.forward(batch(0, 0)[0].clone())), values(&after.forward(batch(0, 0)[0].clone())));
        }
    }
}
