//! The table applied to a list of parameters: one row per parameter, immutable.

use mup_shapes::InfShapes;
use serde::{Deserialize, Serialize};

use crate::row::row;
use crate::warnings::warnings;
use crate::{OptimizerKind, Parametrization, PlanRow, RuleError, WeightDecay};

/// What a parametrization prescribes for every parameter of a model, for one kind of optimizer.
///
/// Immutable; rows in the order of the module's traversal. Prints as a table, [`summary`](Self::summary) as a
/// short one; stored by [`to_json`](Self::to_json), compared by [`diff`](Self::diff).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "PlanContents", try_from = "PlanContents")]
pub struct ScalingPlan {
    parametrization: Parametrization,
    optimizer: OptimizerKind,
    rows: Vec<PlanRow>,
    warnings: Vec<String>,
    /// Indices of the rows, ordered by path.
    by_path: Vec<usize>,
}

/// What is stored of a plan; becomes one only after the checks of [`ScalingPlan::from_contents`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanContents {
    pub(crate) optimizer: OptimizerKind,
    pub(crate) parametrization: Parametrization,
    pub(crate) rows: Vec<PlanRow>,
    pub(crate) warnings: Vec<String>,
}

impl ScalingPlan {
    /// Applies a parametrization to the target's shapes.
    ///
    /// # Errors
    ///
    /// [`RuleError::NoRule`], [`RuleError::TwoRules`], [`RuleError::BadExponent`]: a table that was changed
    /// and is incomplete or contradicts itself. [`RuleError::ReadoutRequired`]: a plain readout under a
    /// parametrization that refuses them. [`RuleError::NotMultiplied`], [`RuleError::TiedForm`]: a readout
    /// whose multiplier and weight would follow different forms. [`RuleError::BadFactor`]: a number that
    /// overflows.
    pub fn new(
        shapes: &InfShapes,
        parametrization: Parametrization,
        optimizer: OptimizerKind,
    ) -> Result<Self, RuleError> {
        parametrization.check()?;
        let rows = shapes.iter().map(|shape| row(shape, shapes, &parametrization, optimizer));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let warnings = warnings(&rows, &parametrization, optimizer);
        Self::from_contents(PlanContents { optimizer, parametrization, rows, warnings })
    }

    pub(crate) fn from_contents(contents: PlanContents) -> Result<Self, RuleError> {
        let PlanContents { optimizer, parametrization, rows, warnings } = contents;
        parametrization.check()?;
        rows.iter().try_for_each(PlanRow::check)?;
        let mut by_path: Vec<usize> = (0..rows.len()).collect();
        by_path.sort_by_key(|&idx| rows[idx].path.as_str());
        if let Some(pair) = by_path.windows(2).find(|pair| rows[pair[0]].path == rows[pair[1]].path) {
            return Err(RuleError::DuplicatePath { path: rows[pair[0]].path.clone() });
        }
        Ok(Self { parametrization, optimizer, rows, warnings, by_path })
    }

    /// The parametrization applied.
    #[must_use]
    pub fn parametrization(&self) -> &Parametrization {
        &self.parametrization
    }

    /// The kind of optimizer that the learning rates are for.
    #[must_use]
    pub fn optimizer(&self) -> OptimizerKind {
        self.optimizer
    }

    /// The rows, in the order of the module's traversal.
    #[must_use]
    pub fn rows(&self) -> &[PlanRow] {
        &self.rows
    }

    /// The rows, ordered by path.
    pub fn rows_by_path(&self) -> impl Iterator<Item = &PlanRow> {
        self.by_path.iter().map(|&idx| &self.rows[idx])
    }

    /// What the theory does not cover in this model.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The row of a parameter.
    ///
    /// # Errors
    ///
    /// [`RuleError::UnknownPath`].
    pub fn row(&self, path: &str) -> Result<&PlanRow, RuleError> {
        let found = self.by_path.binary_search_by_key(&path, |&idx| self.rows[idx].path.as_str());
        match found {
            Ok(position) => Ok(&self.rows[self.by_path[position]]),
            Err(_) => Err(RuleError::UnknownPath { path: path.to_owned() }),
        }
    }

    /// The weight-decay convention.
    #[must_use]
    pub fn weight_decay(&self) -> WeightDecay {
        self.parametrization.weight_decay
    }
}

impl From<ScalingPlan> for PlanContents {
    fn from(plan: ScalingPlan) -> Self {
        let ScalingPlan { parametrization, optimizer, rows, warnings, .. } = plan;
        Self { optimizer, parametrization, rows, warnings }
    }
}

impl TryFrom<PlanContents> for ScalingPlan {
    type Error = RuleError;

    fn try_from(contents: PlanContents) -> Result<Self, RuleError> {
        Self::from_contents(contents)
    }
}
