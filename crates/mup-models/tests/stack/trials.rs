//! Three trials of a tuning run: one shape, and nothing else in common.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor};
use mup_init::{Distribution, InitSpec, initialize};
use mup_models::{Gpt, GptConfig, GptStack, shape_reader};
use mup_optim::{MupAdamWConfig, MupSgdConfig, StackOptimizer, clip_by_global_norm, clip_each_by_global_norm};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

use crate::common::{random_tokens, values};

pub(crate) const TRIALS: usize = 3;
pub(crate) const STEPS: usize = 20;
pub(crate) const VOCAB: i64 = 13;
pub(crate) const MAX_NORMS: [f64; TRIALS] = [0.5, 1.0, 2.0];

pub(crate) fn device() -> Device {
    Device::flex().autodiff()
}

/// Width 16 over a base of 8, so that no factor of the plan is 1.
pub(crate) fn shape(width: usize) -> GptConfig {
    GptConfig::new(VOCAB as usize, 8, 2, width, width / 4, 4, 3 * width)
}

pub(crate) fn plan(at: impl Fn(usize) -> GptConfig, kind: OptimizerId) -> ScalingPlan {
    let model = |width| at(width).init(&device()).unwrap();
    let shapes = shape_reader().infer(&model(8), &model(12), &model(16)).unwrap();
    ScalingPlan::new(&shapes, Parametrization::mup(), kind).unwrap()
}

/// Trial k: its own multipliers, initial standard deviation and seed.
pub(crate) fn gpt(config: GptConfig, plan: &ScalingPlan, k: usize) -> Gpt {
    let alpha = |of: f64| 1.0 + of * k as f64;
    let config =
        config.with_alpha_attention(alpha(0.5)).with_alpha_output(alpha(0.25)).with_alpha_embedding(alpha(-0.25));
    let config = config.with_alpha_relative(alpha(0.125));
    let spec = InitSpec::new().embedding(Distribution::Normal { std: 0.5 }).scale_all([0.5, 1.0, 1.5][k]);
    let mut model = initialize(config.init(&device()).unwrap(), plan, &spec, 7 + k as u64).unwrap();
    for block in &mut model.blocks {
        let of_branches = [
            Some(&mut block.attention.branch_factor),
            block.feed_forward.as_mut().map(|branch| &mut branch.branch_factor),
            block.experts.as_mut().map(|branch| &mut branch.branch_factor),
        ];
        for factor in of_branches.into_iter().flatten().flatten() {
            *factor = factor.clone().map(|factor| factor.mul_scalar([0.5, 1.0, 0.25][k]).set_require_grad(false));
        }
    }
    model
}

/// The rate of trial k at a step: each its own peak and its own schedule.
pub(crate) fn rate(k: usize, step: usize) -> f64 {
    let peak = [4e-3, 1e-2, 2e-2][k];
    match k {
        0 => peak,
        1 => peak * (1.0 - step as f64 / STEPS as f64),
        _ => peak * ((step + 1) as f64 / 5.0).min(1.0),
    }
}

pub(crate) fn rates(step: usize) -> Vec<f64> {
    (0..TRIALS).map(|k| rate(k, step)).collect()
}

/// ε is far above the rounding of a gradient: at 1e-8 Adam makes whole steps of entries that are rounding noise.
pub(crate) fn adamw(k: usize) -> MupAdamWConfig {
    MupAdamWConfig::new()
        .with_epsilon([1e-3, 2e-3, 4e-3][k])
        .with_weight_decay([0.0, 0.1, 1.0][k])
        .with_beta_1([0.9, 0.8, 0.9][k])
        .with_beta_2([0.95, 0.99, 0.95][k])
}

pub(crate) fn sgd(k: usize) -> MupSgdConfig {
    MupSgdConfig::new().with_momentum([0.0, 0.9, 0.5][k]).with_weight_decay([0.0, 1e-3, 1e-2][k])
}

/// Tokens and targets of trial k at a step.
pub(crate) fn batch(k: usize, step: usize) -> [Tensor<2, Int>; 2] {
    let seed = (STEPS * k + step) as u64;
    [0, 1000].map(|shift| random_tokens([3, 8], VOCAB, seed + shift, &device()))
}

/// All trials' batches.
pub(crate) fn batches(step: usize) -> [Tensor<3, Int>; 2] {
    [0, 1].map(|part| Tensor::stack((0..TRIALS).map(|k| batch(k, step)[part].clone()).collect(), 0))
}

/// One step of all trials, and their losses before it.
pub(crate) fn step_of_all(
    stack: GptStack,
    optimizer: &mut StackOptimizer,
    rates: &[f64],
    [tokens, targets]: [Tensor<3, Int>; 2],
) -> (GptStack, Vec<f64>) {
    let losses = stack.loss(tokens, targets);
    let gradients = GradientsParams::from_grads(losses.clone().sum().backward(), &stack);
    let (gradients, _norms) = clip_each_by_global_norm(&stack, gradients, &MAX_NORMS).unwrap();
    (optimizer.step(rates, stack, gradients).unwrap(), values(&losses))
}

/// One step of one trial, and its loss before it.
pub(crate) fn step_of_one(
    model: Gpt,
    optimizer: &mut burn::optim::ModuleOptimizer,
    (k, step): (usize, usize),
) -> (Gpt, f64) {
    let [tokens, targets] = batch(k, step);
    let loss = model.loss(tokens, targets);
    let gradients = GradientsParams::from_grads(loss.backward(), &model);
    let (gradients, _norm) = clip_by_global_norm(&model, gradients, MAX_NORMS[k]).unwrap();
    (optimizer.step(rate(k, step), model, gradients), loss.into_scalar::<f64>())
}

/// Every parameter's values, and whether it is trained, in order.
pub(crate) fn parameters<M: Module>(model: &M) -> Vec<(Vec<f64>, bool)> {
    #[derive(Default)]
    struct Reader(Vec<(Vec<f64>, bool)>);
    impl ModuleVisitor for Reader {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push((values(&param.val()), param.val().is_require_grad()));
        }
    }
    let mut reader = Reader::default();
    model.visit(&mut reader);
    reader.0
}
