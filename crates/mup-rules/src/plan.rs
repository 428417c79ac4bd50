//! The table applied to a list of parameters: one row per parameter, immutable.

use mup_shapes::{InfShapes, PathPattern, Stack};
use serde::{Deserialize, Serialize};

use crate::{OptimizerId, Overrides, Parametrization, PlanRow, RuleError, RunScaling, Variable, WeightDecay};

/// What a parametrization prescribes for every parameter of a model, for the optimizer that trains it.
///
/// Made by [`of`](Self::of), or by [`new`](Self::new) where one optimizer trains everything.
/// Immutable; rows in the order of the module's traversal. Prints as a table, [`summary`](Self::summary) as a
/// short one; stored by [`to_json`](Self::to_json), compared by [`diff`](Self::diff).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "PlanContents", try_from = "PlanContents")]
pub struct ScalingPlan {
    parametrization: Parametrization,
    optimizers: Vec<OptimizerId>,
    overrides: Overrides,
    run: Option<RunScaling>,
    /// Of which the user said the ratios.
    variables: Vec<Variable>,
    streams: Vec<Stack>,
    rows: Vec<PlanRow>,
    warnings: Vec<String>,
    /// Indices of the rows, ordered by path.
    by_path: Vec<usize>,
}

/// What is stored of a plan; becomes one only after it was made again and agrees (`made_again.rs`), and after the checks of
/// [`ScalingPlan::from_contents`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanContents {
    pub(crate) optimizers: Vec<OptimizerId>,
    pub(crate) parametrization: Parametrization,
    #[serde(default, skip_serializing_if = "Overrides::is_empty")]
    pub(crate) overrides: Overrides,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<RunScaling>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) streams: Vec<Stack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) variables: Vec<Variable>,
    pub(crate) rows: Vec<PlanRow>,
    pub(crate) warnings: Vec<String>,
}

impl ScalingPlan {
    /// Applies a parametrization to the target's shapes, for one optimizer: [`of`](Self::of) without wishes.
    ///
    /// # Errors
    ///
    /// As [`PlanBuilder::build`](crate::PlanBuilder::build).
    pub fn new(
        shapes: &InfShapes,
        parametrization: Parametrization,
        optimizer: OptimizerId,
    ) -> Result<Self, RuleError> {
        Self::of(shapes, parametrization).default_optimizer(optimizer).build()
    }

    pub(crate) fn from_contents(contents: PlanContents) -> Result<Self, RuleError> {
        let PlanContents { optimizers, parametrization, overrides, run, variables, streams, rows, warnings } = contents;
        parametrization.check()?;
        rows.iter().try_for_each(PlanRow::check)?;
        overrides.check()?;
        let unknown = |row: &&PlanRow| row.is_trained() && optimizers.iter().all(|known| known.name != row.optimizer);
        if let Some(row) = rows.iter().find(unknown) {
            return Err(RuleError::UnknownOptimizer { path: row.path.clone(), optimizer: row.optimizer.clone() });
        }
        let mut by_path: Vec<usize> = (0..rows.len()).collect();
        by_path.sort_by_key(|&idx| rows[idx].path.as_str());
        if let Some(pair) = by_path.windows(2).find(|pair| rows[pair[0]].path == rows[pair[1]].path) {
            return Err(RuleError::DuplicatePath { path: rows[pair[0]].path.clone() });
        }
        Ok(Self { parametrization, optimizers, overrides, run, variables, streams, rows, warnings, by_path })
    }

    /// The same parameters with other rows for them.
    pub(crate) fn with_rows(self, rows: Vec<PlanRow>, warnings: Vec<String>) -> Self {
        Self { rows, warnings, ..self }
    }

    /// The parametrization applied.
    #[must_use]
    pub fn parametrization(&self) -> &Parametrization {
        &self.parametrization
    }

    /// The optimizers that train something, in the order of the rows.
    #[must_use]
    pub fn optimizers(&self) -> &[OptimizerId] {
        &self.optimizers
    }

    /// The optimizer of a row; none for what is not trained.
    #[must_use]
    pub fn optimizer_of(&self, row: &PlanRow) -> Option<&OptimizerId> {
        self.optimizers.iter().find(|optimizer| row.is_trained() && optimizer.name == row.optimizer)
    }

    /// The names of the optimizers, as printed: `muon, adamw`.
    #[must_use]
    pub fn optimizer_names(&self) -> String {
        self.optimizers.iter().map(|optimizer| optimizer.name.as_ref()).collect::<Vec<_>>().join(", ")
    }

    /// What was wished otherwise.
    #[must_use]
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// How batch and horizon were taken into account, if they were.
    #[must_use]
    pub fn run(&self) -> Option<&RunScaling> {
        self.run.as_ref()
    }

    /// The variables whose ratios the user said.
    pub(crate) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The residual streams whose depth was scaled, or changed and was not.
    #[must_use]
    pub fn streams(&self) -> &[Stack] {
        &self.streams
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

    /// The peak learning rate for an optimizer that has to be told it: only where decay is independent of it, under which
    /// λ per step does not change with the rate ([`WeightDecay::Independent`]).
    #[must_use]
    pub fn peak_of_decay(&self, peak: f64) -> Option<f64> {
        (self.weight_decay() == WeightDecay::Independent).then_some(peak)
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
            Err(_) => {
                let meant = PathPattern::from(path).nearest(self.rows.iter().map(|row| row.path.as_str()));
                Err(RuleError::UnknownPath { path: path.to_owned(), meant })
            }
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
        let ScalingPlan { parametrization, optimizers, overrides, run, variables, streams, rows, warnings, .. } = plan;
        Self { optimizers, parametrization, overrides, run, variables, streams, rows, warnings }
    }
}

impl TryFrom<PlanContents> for ScalingPlan {
    type Error = RuleError;

    fn try_from(contents: PlanContents) -> Result<Self, RuleError> {
        Self::from_contents(contents)?.made_again()
    }
}
