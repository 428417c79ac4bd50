//! One row of the plan: a rule of the table at the width multipliers of one parameter.

use mup_shapes::{Axes, Axis, Dim, InfShape, InfShapes, Kind, Role};
use serde::{Deserialize, Serialize};

use crate::doubt::doubts;
use crate::{Doubt, Form, OptimizerKind, Parametrization, Power, Rule, RuleError};

/// A number and the formula that produced it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// The value at this tensor's width multipliers.
    pub value: f64,
    /// The formula, in `m_in` and `m_out` of this tensor.
    pub formula: String,
}

impl Factor {
    fn new(power: Power, shape: &InfShape) -> Self {
        let value = power.value(shape.fan_in_mult(), shape.fan_out_mult());
        Self { value, formula: power.to_string() }
    }
}

/// A number of a [`PlanRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// Forward multiplier A.
    Multiplier,
    /// Initial standard deviation B.
    InitStd,
    /// Learning rate C.
    LearningRate,
    /// Weight decay.
    WeightDecay,
    /// Coupled L2 under an Adam-like optimizer.
    L2,
    /// Adam's ε.
    Epsilon,
}

impl std::fmt::Display for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Multiplier => "multiplier",
            Self::InitStd => "init std",
            Self::LearningRate => "learning rate",
            Self::WeightDecay => "weight decay",
            Self::L2 => "L2",
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
    /// Forward multiplier A. For [`Kind::Multiplier`] and [`Kind::LogitScale`] the absolute value of every entry.
    pub multiplier: Factor,
    /// Initial standard deviation relative to the base model's, B.
    pub init_std: Factor,
    /// Learning rate relative to the base learning rate, C.
    pub learning_rate: Factor,
    /// Weight decay (decoupled, or SGD's) relative to the base model's.
    pub weight_decay: Factor,
    /// Coupled L2 under an Adam-like optimizer, relative to the base model's; 1 under SGD, whose coupled L2 is
    /// the weight decay.
    pub l2: Factor,
    /// Adam's ε relative to the base model's; 1 under SGD, which has none.
    pub epsilon: Factor,
    /// What the plan cannot see of this parameter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

impl PlanRow {
    /// The numbers that apply to this parameter: only the multiplier for a tensor that is not trained.
    pub fn columns(&self) -> impl Iterator<Item = (Column, &Factor)> {
        let trained = [
            (Column::InitStd, &self.init_std),
            (Column::LearningRate, &self.learning_rate),
            (Column::WeightDecay, &self.weight_decay),
            (Column::L2, &self.l2),
            (Column::Epsilon, &self.epsilon),
        ];
        let trained = trained.into_iter().filter(|_| self.kind.is_trained());
        std::iter::once((Column::Multiplier, &self.multiplier)).chain(trained)
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

    /// A plan holds positive finite numbers only, and as many axes as dimensions, wherever it came from.
    pub(crate) fn check(&self) -> Result<(), RuleError> {
        if self.axes.rank() != self.dims.len() {
            let (axes, rank) = (self.axes.to_string(), self.dims.len());
            return Err(RuleError::BadAxes { path: self.path.clone(), axes, rank });
        }
        match self.columns().find(|(_, factor)| !(factor.value.is_finite() && factor.value > 0.0)) {
            None => Ok(()),
            Some((column, factor)) => {
                let (value, formula) = (factor.value, factor.formula.clone());
                Err(RuleError::BadFactor { path: self.path.clone(), column, value, formula })
            }
        }
    }
}

/// The row for a parameter; `shapes` are all parameters of its model.
pub(crate) fn row(
    shape: &InfShape,
    shapes: &InfShapes,
    table: &Parametrization,
    optimizer: OptimizerKind,
) -> Result<PlanRow, RuleError> {
    let rule = rule_for(shape, shapes, table)?;
    let rate = rule.learning_rate(optimizer);
    let decay = table.weight_decay.factor(rate);
    let (l2, epsilon) = match optimizer {
        OptimizerKind::AdamLike => (table.l2.factor(&rule, decay), table.epsilon.factor(&rule)),
        OptimizerKind::SgdLike => (Power::ONE, Power::ONE),
    };
    let factor = |power| Factor::new(power, shape);
    Ok(PlanRow {
        path: shape.path.clone(),
        layer: shape.layer.clone(),
        kind: shape.kind,
        role: rule.role,
        form: rule.form,
        axes: shape.axes.clone(),
        dims: shape.dims.clone(),
        base_fan_in: shape.base_fan_in(),
        base_fan_out: shape.base_fan_out(),
        multiplier: if shape.kind == Kind::LogitScale { logit_scale(shape, table) } else { factor(rule.multiplier) },
        init_std: factor(rule.init_std),
        learning_rate: factor(rate),
        weight_decay: factor(decay),
        l2: factor(l2),
        epsilon: factor(epsilon),
        doubts: doubts(shape, table),
    })
}

/// A multiplier is planned as the weight that it multiplies; constants of the forward pass have no role.
fn rule_for(shape: &InfShape, shapes: &InfShapes, table: &Parametrization) -> Result<Rule, RuleError> {
    // microsoft/mup, which requires a readout layer, knows no inner weights.
    let role = if table.requires_readout && shape.role() == Role::Inner { Role::Output } else { shape.role() };
    let form = table.form(role, shape.multiplied || shape.kind == Kind::Multiplier);
    if shape.kind == Kind::LogitScale {
        return Ok(Rule::constant(role, Form::Plain));
    }
    if table.requires_readout && role == Role::Output && form == Form::Plain {
        let dims: Vec<String> = shape.dims.iter().map(Dim::to_string).collect();
        let (path, layer, parametrization) = (shape.path.clone(), shape.layer.clone(), table.name.clone());
        return Err(RuleError::ReadoutRequired { path, layer, dims: dims.join(" × "), parametrization });
    }
    let rule = table.rule(role, form).copied();
    let (path, parametrization) = (shape.path.clone(), table.name.clone());
    let rule = rule.ok_or(RuleError::NoRule { path, parametrization, role, form })?;
    if shape.kind == Kind::Multiplier && role == Role::Output {
        check_multiplied_weight(shape, &rule, shapes, table)?;
    }
    Ok(rule)
}

/// The weight beside a readout's multiplier must be planned in the form of the multiplier. If there is none,
/// the weight is an embedding elsewhere (tied), whose constant σ fits the multiplier form alone (TP-V B.1).
fn check_multiplied_weight(
    multiplier: &InfShape,
    rule: &Rule,
    shapes: &InfShapes,
    table: &Parametrization,
) -> Result<(), RuleError> {
    let owner = |path: &str| path.rsplit_once('.').map_or(String::new(), |(owner, _)| owner.to_owned());
    let of_same_layer = |shape: &&InfShape| {
        let to_finite = matches!(shape.role(), Role::Output | Role::Inner);
        shape.kind == Kind::Weight && to_finite && owner(&shape.path) == owner(&multiplier.path)
    };
    let path = multiplier.path.clone();
    let tied_form = table.rule(Role::Output, Form::Multiplier).map_or(Power::ONE, |rule| rule.multiplier);
    match shapes.iter().find(of_same_layer) {
        Some(weight) if !weight.multiplied => Err(RuleError::NotMultiplied { path: weight.path.clone(), by: path }),
        None if rule.multiplier != tied_form => Err(RuleError::TiedForm { path, form: rule.form }),
        _ => Ok(()),
    }
}

/// 1/√d_head at base; d_head^−1 (µP) or d_head^−½ (SP) from there on (TP-V Def. 4.1, App. B.1).
fn logit_scale(shape: &InfShape, table: &Parametrization) -> Factor {
    let base: usize = shape.dims.iter().map(|dim| dim.base_size()).product();
    let width_mult: f64 = shape.dims.iter().map(|dim| dim.width_mult()).product();
    let exponent = table.attention_exponent;
    let value = Power::fan_in(-0.5).value(base as f64, 1.0) * Power::fan_in(exponent).value(width_mult, 1.0);
    let formula = match exponent {
        -1.0 => "√d₀/d".to_owned(),
        -0.5 => "1/√d".to_owned(),
        _ => format!("(d/d₀)^{exponent}/√d₀"),
    };
    Factor { value, formula }
}
