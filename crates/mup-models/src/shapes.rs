//! What the parameters of this crate's layers are, for `mup-shapes`.

use mup_shapes::{Axes, Kind, ParamSpec, ShapeReader};

/// A reader that knows Burn's layers and those of this crate.
///
/// ```
/// use burn::tensor::Device;
/// use mup_models::{MlpConfig, shape_reader};
///
/// let device = Device::flex();
/// let mlp = |width| MlpConfig::new(8, vec![width, 4 * width], 10).init(&device);
/// let shapes = shape_reader().infer(&mlp(16)?, &mlp(32)?, &mlp(128)?).unwrap();
/// assert_eq!(shapes.get("readout.weight").unwrap().fan_in_mult(), 8.0);
/// # Ok::<(), mup_models::ModelError>(())
/// ```
#[must_use]
pub fn shape_reader() -> ShapeReader {
    let multiplier = ParamSpec::new(Axes::multiplier(), Kind::Multiplier);
    ShapeReader::new()
        .with_layer("Readout", "weight", ParamSpec::weight().multiplied())
        .with_layer("Readout", "bias", ParamSpec::bias())
        .with_layer("Readout", "multiplier", multiplier.clone())
        .with_layer("TiedReadout", "multiplier", multiplier)
        .with_layer("CausalAttention", "logit_scale", ParamSpec::new(Axes::multiplier(), Kind::LogitScale))
        .with_layer("CausalAttention", "content_bias", ParamSpec::vector())
        .with_layer("CausalAttention", "position_bias", ParamSpec::vector())
}
