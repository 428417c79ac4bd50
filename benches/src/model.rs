//! What the Criterion benches measure: one GPT, its plan, its batch. The benches themselves are in `benches/`.

use std::time::Duration;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, TensorData},
};
use mup_init::{InitSpec, initialize};
use mup_models::{Gpt, GptConfig, shape_reader};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

/// Time before each measurement.
pub const WARM_UP: Duration = Duration::from_millis(500);
/// Time of each measurement: short, since the whole suite should take a minute.
pub const MEASUREMENT: Duration = Duration::from_secs(2);

/// Tokens in a sequence.
pub const CONTEXT: usize = 64;
/// Sequences in a batch.
pub const BATCH: usize = 8;
/// Number of tokens.
pub const VOCAB: usize = 128;
/// Width of a head.
pub const D_HEAD: usize = 32;

/// Width of the base model.
pub const BASE: usize = 64;

/// A GPT of four blocks with relative attention and heads of width 32.
#[must_use]
pub fn config(width: usize) -> GptConfig {
    GptConfig::new(VOCAB, CONTEXT, 4, width, width / D_HEAD, D_HEAD, 4 * width)
}

/// GPT-3 175B: 96 blocks, width 12288, 96 heads of 128 (Brown et al. 2020, arXiv:2005.14165, Table 2.1), and
/// narrower models of its family.
#[must_use]
pub fn gpt_3(width: usize) -> GptConfig {
    GptConfig::new(50_257, 2048, 96, width, width / 128, 128, 4 * width)
}

/// The plan of a target against a base and a delta.
///
/// # Panics
///
/// Panics if the configs do not describe models of one family.
#[must_use]
pub fn plan(configs: [&GptConfig; 3]) -> ScalingPlan {
    let device = Device::flex();
    let [base, delta, target] = configs.map(|config| config.init(&device).expect("a valid config"));
    let shapes = shape_reader().infer(&base, &delta, &target).expect("models of one family");
    ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).expect("a rule for every role")
}

/// The plan of a width against [`BASE`].
#[must_use]
pub fn plan_of_width(width: usize) -> ScalingPlan {
    plan([&config(BASE), &config(2 * BASE), &config(width)])
}

/// An initialized model on a device with gradients.
///
/// # Panics
///
/// Panics if the width is not a multiple of 32.
#[must_use]
pub fn model(width: usize, plan: &ScalingPlan) -> Gpt {
    let model = config(width).init(&Device::flex().autodiff()).expect("a valid config");
    initialize(model, plan, &InitSpec::gaussian(0.02), 0).expect("the plan of this model")
}

/// Draws every parameter, which are lazy until first used.
pub fn draw(model: &Gpt) {
    struct Draw;
    impl ModuleVisitor for Draw {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let _drawn = param.val();
        }
    }
    model.visit(&mut Draw);
}

/// A batch of 8 sequences of 64 tokens, and the tokens after them.
#[must_use]
pub fn batch() -> [Tensor<2, Int>; 2] {
    let device = Device::flex().autodiff();
    [0, 1].map(|shift| {
        let token = |i: usize| ((i + shift) * (i + shift) % VOCAB) as i64;
        let tokens: Vec<i64> = (0..BATCH * CONTEXT).map(token).collect();
        Tensor::from_data(TensorData::new(tokens, [BATCH, CONTEXT]), &device)
    })
}

/// One forward and backward pass.
#[must_use]
pub fn gradients(model: &Gpt, [tokens, targets]: &[Tensor<2, Int>; 2]) -> GradientsParams {
    GradientsParams::from_grads(model.loss(tokens.clone(), targets.clone()).backward(), model)
}
