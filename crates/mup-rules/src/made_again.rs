//! A stored plan made again from what it was made from, so that no edited row is read without a word.
//!
//! Paths, layers, kinds and dimensions are such origins themselves: edited, they are another model's, and whatever uses a
//! plan compares it with its model.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use mup_shapes::{Feeds, InfShape, InfShapes, Kind, ParamSpec, Place, Role, Stack};

use crate::depth::is_number;
use crate::plan::PlanContents;
use crate::warnings::warnings;
use crate::{
    Change, Column, DepthRule, Doubt, Factor, OptimizerId, Parametrization, PlanBuilder, PlanRow, RuleError,
    RunScaling, ScalingPlan, Variable,
};

/// Relative difference of numbers that are the same: `powf` may differ in its last bits between platforms.
const SAME: f64 = 1e-12;

impl ScalingPlan {
    /// The plan, if its rows are what it prescribes; formulas and warnings as they are said today.
    pub(crate) fn made_again(self) -> Result<Self, RuleError> {
        let shapes = self.shapes_again();
        let PlanContents { optimizers, streams, rows, warnings, run, .. } = self.builder_again(&shapes).contents()?.0;
        let parameters = |run: Option<&RunScaling>| run.and_then(|run| run.parameters).map_or(1.0, f64::abs);
        let (stored, computed) = (parameters(self.run()), parameters(run.as_ref()));
        if (stored - computed).abs() > SAME * computed {
            return Err(edited("the run", &"m_N", &stored, &computed));
        }
        same("the plan", "optimizers", &identities(self.optimizers()), &identities(&optimizers))?;
        same("the plan", "streams", &listed(self.streams()), &listed(&streams))?;
        let rows = self.rows().iter().zip(&shapes).zip(rows);
        let rows = rows.map(|((row, shape), again)| compared(row, self.wished_before(row, shape, again)));
        let rows = rows.collect::<Result<_, _>>()?;
        Ok(self.with_rows(rows, warnings))
    }

    /// What the rows were made from.
    pub(crate) fn shapes_again(&self) -> InfShapes {
        InfShapes::new(self.rows().iter().map(|row| shape(row, self.parametrization(), self.streams())).collect())
    }

    /// The builder of the plan.
    pub(crate) fn builder_again<'s>(&'s self, shapes: &'s InfShapes) -> PlanBuilder<'s> {
        let by_path: HashMap<&str, &PlanRow> = self.rows().iter().map(|row| (row.path.as_str(), row)).collect();
        let by_path = Rc::new(by_path);
        let mut builder = Self::of(shapes, self.parametrization().clone()).overrides(self.overrides().clone());
        builder = builder.default_optimizer(self.default_optimizer(shapes));
        let counted = self.parametrization().depth == DepthRule::Scaled && !self.variables().contains(&Variable::DEPTH);
        let variables = self.rows().iter().flat_map(|row| row.variables.iter().map(|(variable, _)| variable));
        let variables: BTreeSet<&Variable> =
            variables.filter(|variable| !counted || **variable != Variable::DEPTH).collect();
        for variable in variables {
            let by_path = Rc::clone(&by_path);
            let ratio = move |shape: &InfShape| by_path.get(shape.path.as_str())?.variables.get(variable);
            builder = builder.ratios(variable.clone(), ratio);
        }
        match self.run() {
            Some(run) => builder.run(run.base, run.target, run.law.clone()),
            None => builder,
        }
    }

    /// The plan with what an optimizer is told as it was made again, in another run or under another wish for rates; whatever
    /// else was stored stays.
    pub(crate) fn told_again(&self, again: PlanContents) -> Result<Self, RuleError> {
        let told = |(row, again): (&PlanRow, PlanRow)| PlanRow {
            learning_rate: again.learning_rate,
            weight_decay: again.weight_decay,
            epsilon: again.epsilon,
            ..row.clone()
        };
        let rows = self.rows().iter().zip(again.rows).map(told).collect();
        let mut contents = PlanContents { rows, run: again.run, overrides: again.overrides, ..self.clone().into() };
        contents.warnings = warnings(&contents);
        Self::from_contents(contents)
    }

    /// A wish for an init std once spoke of constants too, as norms start with.
    fn wished_before(&self, row: &PlanRow, shape: &InfShape, mut again: PlanRow) -> PlanRow {
        let wishes = self.overrides().iter().filter_map(|wish| match wish.change {
            Change::InitStd(times) if wish.tensors.selects(shape, row.role) => Some(times),
            _ => None,
        });
        let times = wishes.last().filter(|_| row.kind != Kind::Weight);
        let stored = row.init_std.value;
        if let Some(times) = times.filter(|times| (again.init_std.value * times - stored).abs() <= SAME * stored) {
            again.init_std.wished(times, format!("yours {times}"), "your init std");
        }
        again
    }

    /// The optimizer of a tensor that no wish gives another; any where there is none, since it trains nothing.
    fn default_optimizer(&self, shapes: &InfShapes) -> OptimizerId {
        let wished = |shape: &InfShape, role: Role| {
            let mut optimizers = self.overrides().iter().filter(|wish| matches!(wish.change, Change::Optimizer(_)));
            optimizers.any(|wish| wish.tensors.selects(shape, role))
        };
        let mut rows = self.rows().iter().zip(shapes);
        let unwished = rows.find(|(row, shape)| row.is_trained() && !wished(shape, row.role));
        let default = unwished.and_then(|(row, _)| self.optimizer_of(row)).or_else(|| self.optimizers().first());
        default.cloned().unwrap_or(OptimizerId::ADAMW)
    }
}

/// What the row was made from. Whether its layer applies a multiplier, and where its output goes, is known from its
/// form, role and doubts, as far as these follow from it.
fn shape(row: &PlanRow, table: &Parametrization, streams: &[Stack]) -> InfShape {
    let asked = row.has(Doubt::ReadoutOrInner);
    let mut spec = ParamSpec::new(row.axes.clone(), row.kind);
    spec.multiplied = !asked && row.form == table.form(row.role, true);
    spec.feeds = match row.role {
        Role::Inner if !asked => Feeds::Inner,
        Role::Output => Feeds::Readout,
        _ => Feeds::Unsaid,
    };
    let mut shape = InfShape::new(row.path.clone(), row.layer.clone(), row.dims.clone(), spec);
    // Plans without rules of depth may be of a time before places.
    let outside = table.depth == DepthRule::Scaled && !row.path.split('.').any(is_number);
    shape.place = row.place.or(outside.then_some(Place::Outside));
    shape.stack = streams.iter().find(|stack| Some(&stack.stream) == row.stream.as_ref()).cloned();
    shape
}

/// The stored row with the terms of today, if it is the one that is made again.
fn compared(row: &PlanRow, again: PlanRow) -> Result<PlanRow, RuleError> {
    let place = format!("`{}`", row.path);
    // A multiplier once had the role of its own dimensions, where it has that of its weight.
    if row.kind != Kind::Multiplier {
        same(&place, "role", &row.role, &again.role)?;
        same(&place, "form", &row.form, &again.form)?;
    }
    same(&place, "base fan-in", &row.base_fan_in, &again.base_fan_in)?;
    same(&place, "base fan-out", &row.base_fan_out, &again.base_fan_out)?;
    same(&place, "frozen", &row.frozen, &again.frozen)?;
    let (stored, computed) = (row.place.map(|place| place.to_string()), again.place.map(|place| place.to_string()));
    same(&place, "place", &stored.unwrap_or_default(), &computed.unwrap_or_default())?;
    same(&place, "stream", &row.stream.clone().unwrap_or_default(), &again.stream.clone().unwrap_or_default())?;
    same(&place, "variables", &row.variables, &again.variables)?;
    if row.is_trained() {
        same(&place, "optimizer", &row.optimizer, &again.optimizer)?;
    }
    for ((column, stored), (_, computed)) in row.columns().zip(again.columns()) {
        if (stored.value - computed.value).abs() > SAME * computed.value.abs() {
            return Err(edited(&place, &column, &stored.value, &computed.value));
        }
    }
    let mut row = PlanRow { role: again.role, form: again.form, ..row.clone() };
    let applies: Vec<Column> = row.columns().map(|(column, _)| column).collect();
    let terms = |column: Column, stored: &mut Factor, computed: Factor| {
        if applies.contains(&column) {
            stored.terms = computed.terms;
        }
    };
    terms(Column::Multiplier, &mut row.multiplier, again.multiplier);
    terms(Column::InitStd, &mut row.init_std, again.init_std);
    terms(Column::LearningRate, &mut row.learning_rate, again.learning_rate);
    terms(Column::WeightDecay, &mut row.weight_decay, again.weight_decay);
    terms(Column::Epsilon, &mut row.epsilon, again.epsilon);
    Ok(row)
}

fn listed(streams: &[Stack]) -> String {
    streams.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn identities(optimizers: &[OptimizerId]) -> String {
    optimizers.iter().map(|optimizer| format!("{optimizer:?}")).collect::<Vec<_>>().join(", ")
}

fn same<T: PartialEq + ToString>(place: &str, field: &str, stored: &T, computed: &T) -> Result<(), RuleError> {
    if stored == computed { Ok(()) } else { Err(edited(place, &field, stored, computed)) }
}

fn edited(place: &str, field: &impl ToString, stored: &impl ToString, computed: &impl ToString) -> RuleError {
    RuleError::Edited {
        place: place.to_owned(),
        field: field.to_string(),
        stored: stored.to_string(),
        computed: computed.to_string(),
    }
}
