//! The family of models: one GPT at any width.

use burn::tensor::Device;
use mup_init::{Distribution, InitSpec};
use mup_models::{GptConfig, shape_reader};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

use crate::configuration::Configuration;
use crate::error::RunError;
use crate::hyperparameters::Hyperparameters;

/// Heads have one width and grow in number, as in GPT-3; the feed-forward branch is four times as wide.
pub(crate) fn config(configuration: &Configuration, width: usize, values: &Hyperparameters) -> GptConfig {
    let (d_head, n_layer) = (configuration.d_head, configuration.n_layer);
    GptConfig::new(configuration.vocab, configuration.context, n_layer, width, width / d_head, d_head, 4 * width)
        .with_alpha_attention(values.alpha_attention)
        .with_alpha_output(values.alpha_output)
        .with_alpha_embedding(values.alpha_embedding)
        .with_alpha_relative(values.alpha_relative)
}

/// Parameters that are trained at a width.
pub(crate) fn parameter_count(configuration: &Configuration, width: usize) -> u64 {
    config(configuration, width, &Hyperparameters::at_rate(1.0)).parameter_count() as u64
}

/// Floating-point operations of all matrix products of training on one token: forward, and twice that backward.
///
/// Per block and token, with h = d_head·n_head = d: q, k, v, W_{k,R}, output 5·2d², feed-forward 2·2·4d²; per position
/// attended to 2d each for q·k, q·W_{k,R}R and weights·v, over a whole context, since the mask saves nothing. The
/// readout is 2·d·vocab.
pub(crate) fn flops_per_token(configuration: &Configuration, width: usize) -> f64 {
    let (d, n_layer) = (width as f64, configuration.n_layer as f64);
    let (context, vocab) = (configuration.context as f64, configuration.vocab as f64);
    // W_{k,R} multiplies one vector for each distance, shared by the batch.
    let relative = 2.0 * d * d / configuration.batch as f64;
    let block = 4.0 * 2.0 * d * d + relative + 2.0 * 2.0 * 4.0 * d * d + 3.0 * 2.0 * context * d;
    3.0 * (n_layer * block + 2.0 * d * vocab)
}

/// The plan at a width: delta is a model of twice the base width. Nothing is allocated.
pub(crate) fn plan(
    configuration: &Configuration,
    width: usize,
    parametrization: &str,
    device: &Device,
) -> Result<ScalingPlan, RunError> {
    let model = |width| config(configuration, width, &Hyperparameters::at_rate(1.0)).init(device);
    let base = configuration.base_width;
    let shapes = shape_reader().infer(&model(base)?, &model(2 * base)?, &model(width)?)?;
    Ok(ScalingPlan::new(&shapes, Parametrization::named(parametrization)?, OptimizerId::ADAMW)?)
}

/// Weights of variance 1/fan_in at base width, branches ending in GPT-2's 1/√(2·n_layer), readout and queries zero
/// (TP-V D.2).
pub(crate) fn init_spec(configuration: &Configuration, values: &Hyperparameters) -> InitSpec {
    let residual = 1.0 / (2.0 * configuration.n_layer as f64).sqrt();
    let spec = InitSpec::new().embedding(Distribution::Normal { std: 1.0 }).scale_all(values.init_scale);
    let spec = GptConfig::residual_projections().into_iter().fold(spec, |spec, paths| spec.scale(paths, residual));
    spec.zero_readout().zero_query([GptConfig::queries()])
}

/// As the paper abbreviates it.
pub(crate) fn short(parametrization: &str) -> &str {
    match parametrization {
        "standard" => "SP",
        "mup" => "µP",
        other => other,
    }
}
