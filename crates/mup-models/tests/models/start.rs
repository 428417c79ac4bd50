//! How a model starts under a plan when nothing is said about its initialization.

use burn::tensor::Device;
use mup_init::{Distribution, InitSpec, initialize};
use mup_models::{GptConfig, shape_reader};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

use crate::common::random_tokens;

/// Loss of a tied GPT of 256 tokens above that of guessing, ln 256 = 5.55; base width 64.
fn first_loss(width: usize, spec: &InitSpec) -> f64 {
    let device = Device::flex();
    let model = |width: usize| {
        GptConfig::new(256, 16, 2, width, width / 32, 32, 4 * width).with_tied(true).init(&device).unwrap()
    };
    let shapes = shape_reader().infer(&model(64), &model(128), &model(width)).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    let model = initialize(model(width), &plan, spec, 0).unwrap();
    let (tokens, targets) = (random_tokens([8, 16], 256, 1, &device), random_tokens([8, 16], 256, 2, &device));
    f64::from(model.loss(tokens, targets).into_scalar::<f32>()) - 256_f64.ln()
}

#[test]
fn the_first_loss_of_a_tied_gpt_is_that_of_guessing() {
    for width in [64, 256] {
        let (sane, at_one) = (first_loss(width, &InitSpec::new()), {
            let one = Distribution::Normal { std: 1.0 };
            first_loss(width, &InitSpec::new().embedding(one))
        });
        println!("width {width}: {sane:.3} above guessing, {at_one:.1} with embeddings of σ = 1");
        assert!(sane.abs() < 0.3, "width {width}: {sane}");
        assert!(at_one > 5.0, "the control: width {width}: {at_one}");
    }
}
