//! One row of the plan: what is prescribed for one parameter.

use mup_shapes::{Axes, Axis, Dim, Kind, PathPattern, Place, Role};
use serde::{Deserialize, Serialize};

use crate::{Doubt, Factor, Form, Ratios, RuleError};

/// A number of a [`PlanRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Column {
    /// Forward multiplier A.
    Multiplier,
    /// Initial standard deviation B.
    InitStd,
    /// Learning rate C.
    LearningRate,
    /// Weight decay.
    WeightDecay,
    /// ε.
    Epsilon,
}

impl std::fmt::Display for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Multiplier => "multiplier",
            Self::InitStd => "init std",
            Self::LearningRate => "learning rate",
            Self::WeightDecay => "weight decay",
            Self::Epsilon => "epsilon",
        })
    }
}

/// What is prescribed for one parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlanRow {
    /// Path of the parameter.
    pub path: String,
    /// Type of the owning layer.
    pub layer: String,
    /// What it is for.
    pub kind: Kind,
    /// Its role.
    pub role: Role,
    /// The form of the rule applied.
    pub form: Form,
    /// Axes in storage order.
    pub axes: Axes,
    /// Dimensions in storage order, with their base.
    pub dims: Vec<Dim>,
    /// Fan-in of the base model (receptive field included); 1 for a vector.
    pub base_fan_in: usize,
    /// Fan-out of the base model (receptive field included).
    pub base_fan_out: usize,
    /// Where it stands relative to the residual stream, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Name of the residual stream of its block, among those that the plan speaks of ([`ScalingPlan::streams`](crate::ScalingPlan::streams)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// Variables other than its fans that its factors were computed with.
    #[serde(default, skip_serializing_if = "Ratios::is_empty")]
    pub variables: Ratios,
    /// Name of the optimizer that trains it; empty for a constant of the forward pass.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub optimizer: String,
    /// Whether it is not trained because the user wants it so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
    /// Forward multiplier A. For a constant of the forward pass the absolute value of every entry.
    pub multiplier: Factor,
    /// Initial standard deviation relative to the base model's, B.
    pub init_std: Factor,
    /// Learning rate relative to the base learning rate of its optimizer, C.
    pub learning_rate: Factor,
    /// The optimizer's λ, decoupled or coupled, relative to the base model's; 0 for no decay, 1 where it has none.
    pub weight_decay: Factor,
    /// The optimizer's ε relative to the base model's; 1 where it has none.
    pub epsilon: Factor,
    /// What the plan cannot see of this parameter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

impl PlanRow {
    /// Its path with `*` for the numbers of blocks.
    #[must_use]
    pub fn in_any_block(&self) -> String {
        PathPattern::in_any_block(&self.path).to_string()
    }

    /// Whether an optimizer updates it: neither a constant of the forward pass nor frozen.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.kind.is_trained() && !self.frozen
    }

    /// The numbers that apply to this parameter: only the multiplier for a constant, no rate, decay and ε if frozen.
    pub fn columns(&self) -> impl Iterator<Item = (Column, &Factor)> {
        let all = [
            (true, Column::Multiplier, &self.multiplier),
            (self.kind.is_trained(), Column::InitStd, &self.init_std),
            (self.is_trained(), Column::LearningRate, &self.learning_rate),
            (self.is_trained(), Column::WeightDecay, &self.weight_decay),
            (self.is_trained(), Column::Epsilon, &self.epsilon),
        ];
        all.into_iter().filter(|(applies, _, _)| *applies).map(|(_, column, factor)| (column, factor))
    }

    /// Width multipliers `m_in` and `m_out` of the fan-in and fan-out axes.
    #[must_use]
    pub fn width_mults(&self) -> (f64, f64) {
        let mult = |wanted: Axis| {
            let pairs = self.axes.as_slice().iter().zip(&self.dims);
            pairs.filter(|(axis, _)| **axis == wanted).map(|(_, dim)| dim.width_mult()).product()
        };
        (mult(Axis::In), mult(Axis::Out))
    }

    /// A plan holds positive finite numbers only (and decay that may be 0), and as many axes as dimensions, wherever it
    /// came from.
    pub(crate) fn check(&self) -> Result<(), RuleError> {
        if self.axes.rank() != self.dims.len() {
            let (axes, rank) = (self.axes.to_string(), self.dims.len());
            return Err(RuleError::BadAxes { path: self.path.clone(), axes, rank });
        }
        let fits = |column: Column, value: f64| {
            value.is_finite() && (value > 0.0 || (value == 0.0 && column == Column::WeightDecay))
        };
        match self.columns().find(|(column, factor)| !fits(*column, factor.value)) {
            None => Ok(()),
            Some((column, factor)) => {
                let (value, formula) = (factor.value, factor.formula());
                Err(RuleError::BadFactor { path: self.path.clone(), column, value, formula })
            }
        }
    }
}
