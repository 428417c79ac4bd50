//! The table of layer types: which axes each stored parameter has, and what it is for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Axes, Feeds};

/// What a parameter is for. Decides how it is initialized and whether it is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Drawn at random.
    Weight,
    /// Starts at zero.
    Bias,
    /// Multiplies a normalized activation; starts at one.
    Gain,
    /// Slope of a learnable activation (PReLU); starts at 0.25.
    Slope,
    /// Not trained: the forward multiplier of a weight, one entry per contracted (readout) or produced
    /// coordinate. Its value is the plan's.
    Multiplier,
    /// Not trained: the factor on attention logits, one entry per coordinate of a head. Its value is the plan's.
    LogitScale,
    /// Not trained: the factor on a residual branch, one entry. It multiplies the closing maps below the module that owns
    /// it. Its value is the plan's.
    BranchFactor,
    /// Not a parameter: running statistics of a normalization. Never read, initialized or trained.
    RunningStatistic,
}

impl Kind {
    /// Whether an optimizer trains it.
    #[must_use]
    pub fn is_trained(self) -> bool {
        matches!(self, Self::Weight | Self::Bias | Self::Gain | Self::Slope)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Weight => "weight",
            Self::Bias => "bias",
            Self::Gain => "gain",
            Self::Slope => "slope",
            Self::Multiplier => "multiplier",
            Self::LogitScale => "logit scale",
            Self::BranchFactor => "branch factor",
            Self::RunningStatistic => "running statistic",
        })
    }
}

/// What is known of one parameter of a layer type, or declared for one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParamSpec {
    /// Axes in storage order.
    pub axes: Axes,
    /// What it is for.
    pub kind: Kind,
    /// Whether the owning layer applies a forward multiplier to it, so that the plan may use the
    /// multiplier form for an output weight.
    pub multiplied: bool,
    /// Where its output goes, of a weight from an infinite to a finite dimension.
    #[serde(default, skip_serializing_if = "Feeds::is_unsaid")]
    pub feeds: Feeds,
}

impl ParamSpec {
    /// A parameter without a forward multiplier.
    #[must_use]
    pub fn new(axes: Axes, kind: Kind) -> Self {
        Self { axes, kind, multiplied: false, feeds: Feeds::Unsaid }
    }

    /// A weight `[in, out]`.
    #[must_use]
    pub fn weight() -> Self {
        Self::new(Axes::in_out(), Kind::Weight)
    }

    /// A vector drawn like a weight, such as a relative-position bias.
    #[must_use]
    pub fn vector() -> Self {
        Self::new(Axes::vector(1), Kind::Weight)
    }

    /// A bias vector.
    #[must_use]
    pub fn bias() -> Self {
        Self::new(Axes::vector(1), Kind::Bias)
    }

    /// A gain vector.
    #[must_use]
    pub fn gain() -> Self {
        Self::new(Axes::vector(1), Kind::Gain)
    }

    /// Weights `[expert, in, out]` of a mixture of experts.
    #[must_use]
    pub fn experts() -> Self {
        Self::new(Axes::experts(), Kind::Weight)
    }

    /// States that the output feeds further layers, although its size is fixed: keys and values of a fixed number of
    /// heads, a router. `zero_readout` of mup-init leaves it alone.
    #[must_use]
    pub fn inner(mut self) -> Self {
        self.feeds = Feeds::Inner;
        self
    }

    /// States that the output is the model's own: one of several heads, say.
    #[must_use]
    pub fn readout(mut self) -> Self {
        self.feeds = Feeds::Readout;
        self
    }

    /// States that the owning layer applies a forward multiplier to this parameter.
    #[must_use]
    pub fn multiplied(mut self) -> Self {
        self.multiplied = true;
        self
    }
}

/// Layer type and field to [`ParamSpec`]: Burn's own layers, and those that a crate adds.
#[derive(Clone, Debug)]
pub struct LayerTable(BTreeMap<String, BTreeMap<String, ParamSpec>>);

impl LayerTable {
    /// A table without rows.
    #[must_use]
    pub fn empty() -> Self {
        Self(BTreeMap::new())
    }

    /// Every layer of burn-nn 0.22.1 that owns parameters directly; the others (attention, recurrent and
    /// transformer layers, `SwiGlu`) are made of these.
    ///
    /// What the table cannot see:
    ///
    /// - `PositionWiseFeedForward` skips its activation (`#[module(skip)]`, pwff.rs:61), so the parameters of a
    ///   `SwiGlu` or `PRelu` there are invisible to every visitor, also to Burn's optimizers and records.
    /// - The groups of a convolution are no tensor. `Conv` stores `in / groups`, so its fan-in is right. The
    ///   transposed convolutions store `out / groups` and all of `in`, so with groups their fan-in is larger
    ///   than what is contracted, and a depthwise one whose groups grow looks like a readout: declare it.
    #[must_use]
    pub fn burn() -> Self {
        let mut table = Self::empty();
        let mut add = |layer: &str, field: &str, spec: ParamSpec| {
            table.insert(layer, field, spec);
        };
        add("Linear", "weight", ParamSpec::weight());
        add("Linear", "bias", ParamSpec::bias());
        add("Embedding", "weight", ParamSpec::weight());
        for (layer, rank) in [("Conv1d", 3), ("Conv2d", 4), ("Conv3d", 5), ("DeformConv2d", 4)] {
            add(layer, "weight", ParamSpec::new(Axes::out_in_kernel(rank), Kind::Weight));
            add(layer, "bias", ParamSpec::bias());
        }
        for (layer, rank) in [("ConvTranspose1d", 3), ("ConvTranspose2d", 4), ("ConvTranspose3d", 5)] {
            add(layer, "weight", ParamSpec::new(Axes::in_out_kernel(rank), Kind::Weight));
            add(layer, "bias", ParamSpec::bias());
        }
        add("RmsNorm", "gamma", ParamSpec::gain());
        for layer in ["LayerNorm", "GroupNorm", "InstanceNorm", "BatchNorm"] {
            add(layer, "gamma", ParamSpec::gain());
            add(layer, "beta", ParamSpec::bias());
        }
        for field in ["running_mean", "running_var"] {
            add("BatchNorm", field, ParamSpec::new(Axes::vector(1), Kind::RunningStatistic));
        }
        add("PRelu", "alpha", ParamSpec::new(Axes::vector(1), Kind::Slope));
        table
    }

    /// The table with one more row; a later row for the same layer and field wins.
    #[must_use]
    pub fn with(mut self, layer: &str, field: &str, spec: ParamSpec) -> Self {
        self.insert(layer, field, spec);
        self
    }

    /// The row for a field of a layer type.
    #[must_use]
    pub fn get(&self, layer: &str, field: &str) -> Option<&ParamSpec> {
        self.0.get(layer)?.get(field)
    }

    fn insert(&mut self, layer: &str, field: &str, spec: ParamSpec) {
        self.0.entry(layer.to_owned()).or_default().insert(field.to_owned(), spec);
    }

    /// All rows as (layer, field, spec), ordered by layer and field.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &ParamSpec)> {
        let fields = |(layer, fields)| std::iter::repeat(layer).zip(fields);
        let rows = self.0.iter().flat_map(fields);
        rows.map(|(layer, (field, spec)): (&String, (&String, _))| (layer.as_str(), field.as_str(), spec))
    }
}

impl Default for LayerTable {
    fn default() -> Self {
        Self::burn()
    }
}
