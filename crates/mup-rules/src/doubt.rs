//! What a plan cannot see of a parameter, said where it can be suspected.

use mup_shapes::InfShape;
use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::{DepthRule, Parametrization, PlanRow, ScalingPlan};

/// What nothing in the model settles about a parameter, and only its author can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Doubt {
    /// The order of its axes rests on the layer's name, and the other order would be prescribed otherwise.
    AxesByName,
    /// From an infinite to a finite dimension: the model's output, or what further layers read. Planned as inner.
    ReadoutOrInner,
    /// The query of a layer of Burn's that divides attention logits by √d_head, whatever the plan says.
    SquareRootAttention,
    /// A norm of burn-nn's transformer layers, which is in front of a branch only if built so.
    NormFirst,
}

/// Layers of burn-nn 0.22.1 that divide by √d_head (mha.rs, cross_attention.rs).
const SQUARE_ROOT: [&str; 2] = ["MultiHeadAttention", "CrossAttention"];

/// Layers of burn-nn 0.22.1 whose `norm_first` no parameter tells (encoder.rs, decoder.rs).
const NORM_FIRST: [&str; 2] = ["TransformerEncoderLayer", "TransformerDecoderLayer"];

pub(crate) fn doubts(shape: &InfShape, table: &Parametrization) -> Vec<Doubt> {
    let query = SQUARE_ROOT.contains(&shape.within.as_str()) && shape.path.ends_with("query.weight");
    let divides = query && shape.fan_out() != shape.base_fan_out() && table.attention_exponent < -0.5;
    // Under a table that requires a readout layer there is nothing to decide: it is an output, and refused.
    let undecided = shape.is_undecided() && !table.requires_readout;
    let deeper = shape.stack.as_ref().is_some_and(|stack| stack.base != stack.target);
    let norm_first = NORM_FIRST.contains(&shape.within.as_str()) && deeper && table.depth == DepthRule::Scaled;
    let found = [
        (shape.by_name && shape.order_matters(), Doubt::AxesByName),
        (undecided, Doubt::ReadoutOrInner),
        (divides, Doubt::SquareRootAttention),
        (norm_first, Doubt::NormFirst),
    ];
    found.into_iter().filter(|(is, _)| *is).map(|(_, doubt)| doubt).collect()
}

impl PlanRow {
    pub(crate) fn has(&self, doubt: Doubt) -> bool {
        self.doubts.contains(&doubt)
    }
}

impl ScalingPlan {
    /// What the plan cannot see, in words, below its warnings: right for most models, and worth a look.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let of = |doubt| named(self.rows().iter().filter(move |row| row.has(doubt)));
        let by_name = of(Doubt::AxesByName).map(|paths| {
            format!(
                "* axes by name: the order of these axes rests on the layer's name alone; a struct of yours that has the \
                 name of one of Burn's and another order must be declared, ShapeReader::declare(path, spec): {paths}"
            )
        });
        let attention = of(Doubt::SquareRootAttention).map(|paths| {
            format!(
                "Burn's attention divides its logits by √d_head, which is right while d_head is fixed and heads are added; \
                 if d_head grows, µP divides by d_head: use mup_models' CausalAttention: {paths}"
            )
        });
        let norm_first = of(Doubt::NormFirst).map(|paths| {
            format!(
                "Burn's transformer layers normalize the stream behind each addition unless built with norm_first(true), which \
                 is not the default and which no parameter tells; depth is scaled as with it: {paths}"
            )
        });
        [by_name, attention, norm_first].into_iter().flatten().collect()
    }
}

/// The warning about weights that may be readouts or not.
pub(crate) fn undecided(rows: &[PlanRow]) -> Option<String> {
    let first = rows.iter().find(|row| row.has(Doubt::ReadoutOrInner))?;
    let paths = named(rows.iter().filter(|row| row.has(Doubt::ReadoutOrInner)))?;
    Some(format!(
        "from a growing to a fixed size, and nothing says whether the result is the model's output or feeds further \
         layers (keys and values of a fixed number of heads, a router): {paths}; planned as inner, and left alone by \
         zero_readout; say it: ShapeReader::declare(\"{}\", ParamSpec::weight().inner()) or .readout()",
        first.path
    ))
}
