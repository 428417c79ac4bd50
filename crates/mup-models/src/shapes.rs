//! What the parameters of this crate's layers are, for `mup-shapes`.

use mup_shapes::{Axes, Kind, ParamSpec, Place, Places, ShapeReader};

/// A reader that knows Burn's layers and those of this crate, and where theirs stand in a residual branch.
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
    let reader = ShapeReader::new()
        .with_layer("Readout", "weight", ParamSpec::weight().multiplied())
        .with_layer("Readout", "bias", ParamSpec::bias())
        .with_layer("Readout", "multiplier", multiplier.clone())
        .with_layer("TiedReadout", "multiplier", multiplier)
        .with_layer("CausalAttention", "logit_scale", ParamSpec::new(Axes::multiplier(), Kind::LogitScale))
        .with_layer("CausalAttention", "content_bias", ParamSpec::vector())
        .with_layer("CausalAttention", "position_bias", ParamSpec::vector())
        .with_layer("CausalAttention", "branch_factor", ParamSpec::new(Axes::vector(1), Kind::BranchFactor))
        .with_layer("FeedForward", "branch_factor", ParamSpec::new(Axes::vector(1), Kind::BranchFactor))
        .with_layer("Router", "weight", ParamSpec::weight().inner())
        .with_layer("Router", "bias", ParamSpec::bias())
        .with_layer("Experts", "up", ParamSpec::experts())
        .with_layer("Experts", "gate", ParamSpec::experts())
        .with_layer("Experts", "down", ParamSpec::experts())
        .with_layer("Experts", "branch_factor", ParamSpec::new(Axes::vector(1), Kind::BranchFactor))
        .with_places(places());
    INNER
        .into_iter()
        .fold(reader, |reader, (module, pattern)| reader.within(module, pattern, ParamSpec::weight().inner()))
}

/// What maps into or out of a branch is no readout, whatever stays as the model grows: one head of keys for all, or the width
/// of the model itself.
const INNER: [(&str, &str); 8] = [
    ("CausalAttention", "**.query.weight"),
    ("CausalAttention", "**.key.weight"),
    ("CausalAttention", "**.value.weight"),
    ("CausalAttention", "**.relative_key.weight"),
    ("CausalAttention", "**.output.weight"),
    ("FeedForward", "**.gate.weight"),
    ("FeedForward", "**.up.weight"),
    ("FeedForward", "**.down.weight"),
];

/// x + attention(norm(x)) and x + feed_forward(norm(x)), in a [`Block`](crate::Block) or a block of your own; the layers of an
/// [`Mlp`](crate::Mlp) are added to nothing.
fn places() -> Places {
    Places::new()
        .within("Mlp", "**", Place::Outside)
        .within("Block", "**.attention_norm.*", Place::Inside)
        .within("Block", "**.feed_forward_norm.*", Place::Inside)
        .within("Block", "**.attention.*", Place::Inside)
        .within("Block", "**.experts.*", Place::Inside)
        .within("Block", "**.experts.down", Place::Closing)
        .within("Experts", "**.router.*", Place::Inside)
        .within("CausalAttention", "**", Place::Inside)
        .within_unless("CausalAttention", "**.output.*", Place::Closing, "output_norm")
        .within("CausalAttention", "**.output_norm.*", Place::Closing)
        .within("FeedForward", "**", Place::Inside)
        .within_unless("FeedForward", "**.down.*", Place::Closing, "output_norm")
        .within("FeedForward", "**.output_norm.*", Place::Closing)
}
