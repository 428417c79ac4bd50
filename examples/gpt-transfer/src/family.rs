//! The family of models: one GPT at any width, with the proxy as base.

use burn::tensor::Device;
use mup_init::{Distribution, InitSpec};
use mup_models::{GptConfig, shape_reader};
use mup_rules::{OptimizerKind, Parametrization, ScalingPlan};
use mup_transfer::Hyperparameters;

use crate::configuration::Configuration;
use crate::error::RunError;

/// Tokens are bytes.
pub(crate) const VOCAB: usize = 256;

/// Heads have one width and grow in number, as in GPT-3; the feed-forward branch is four times as wide.
pub(crate) fn config(configuration: &Configuration, width: usize, values: &Hyperparameters) -> GptConfig {
    let (d_head, n_layer) = (configuration.d_head, configuration.n_layer);
    GptConfig::new(VOCAB, configuration.context, n_layer, width, width / d_head, d_head, 4 * width)
        .with_alpha_attention(values.alpha_attention)
        .with_alpha_output(values.alpha_output)
        .with_alpha_embedding(values.alpha_embedding)
        .with_alpha_relative(values.alpha_relative)
}

/// The plan at a width: base is the proxy, delta a proxy of twice the width. Nothing is allocated.
pub(crate) fn plan(
    configuration: &Configuration,
    width: usize,
    parametrization: Parametrization,
    device: &Device,
) -> Result<ScalingPlan, RunError> {
    let model = |width| config(configuration, width, &Hyperparameters::at_rate(1.0)).init(device);
    let base = configuration.proxy_width;
    let shapes = shape_reader().infer(&model(base)?, &model(2 * base)?, &model(width)?)?;
    Ok(ScalingPlan::new(&shapes, parametrization, OptimizerKind::AdamLike)?)
}

/// Weights of variance 1/fan_in at base width, branches ending in GPT-2's 1/√(2·n_layer), readout and queries zero
/// (TP-V D.2).
pub(crate) fn init_spec(configuration: &Configuration, values: &Hyperparameters) -> InitSpec {
    let residual = 1.0 / (2.0 * configuration.n_layer as f64).sqrt();
    let spec = InitSpec::new().embedding(Distribution::Normal { std: 1.0 }).scale_all(values.init_scale);
    let spec = GptConfig::residual_projections().into_iter().fold(spec, |spec, paths| spec.scale(paths, residual));
    spec.zero_readout().zero_query([GptConfig::queries()])
}
