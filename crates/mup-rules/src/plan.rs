//! The table applied to a list of parameters: one row per parameter, immutable.

use mup_shapes::{Axes, Dim, InfShape, InfShapes, Kind, Role};
use serde::{Deserialize, Serialize};

use crate::{Form, OptimizerKind, Parametrization, Power, Rule, RuleError, WeightDecay};

/// A number and the formula that produced it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// What is prescribed for one parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Coupled L2 under an Adam-like optimizer, relative to the base model's.
    pub l2: Factor,
    /// Adam's ε relative to the base model's.
    pub epsilon: Factor,
}

/// What a parametrization prescribes for every parameter of a model, for one kind of optimizer.
///
/// Immutable; rows in the order of the module's traversal. Prints as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingPlan {
    parametrization: Parametrization,
    optimizer: OptimizerKind,
    rows: Vec<PlanRow>,
    warnings: Vec<String>,
}

impl ScalingPlan {
    /// Applies a parametrization to the target's shapes.
    ///
    /// # Errors
    ///
    /// [`RuleError::NoRule`] for a table without a needed row; [`RuleError::ReadoutRequired`] under a
    /// parametrization that refuses plain readouts.
    pub fn new(
        shapes: &InfShapes,
        parametrization: Parametrization,
        optimizer: OptimizerKind,
    ) -> Result<Self, RuleError> {
        let rows = shapes.iter().map(|shape| row(shape, &parametrization, optimizer));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let warnings = warnings(shapes, optimizer);
        Ok(Self { parametrization, optimizer, rows, warnings })
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
        let found = self.rows.iter().find(|row| row.path == path);
        found.ok_or_else(|| RuleError::UnknownPath { path: path.to_owned() })
    }

    /// The weight-decay convention.
    #[must_use]
    pub fn weight_decay(&self) -> WeightDecay {
        self.parametrization.weight_decay
    }
}

fn row(shape: &InfShape, table: &Parametrization, optimizer: OptimizerKind) -> Result<PlanRow, RuleError> {
    let rule = rule_for(shape, table)?;
    let rate = rule.learning_rate(optimizer);
    let decay = table.weight_decay.factor(rate);
    let l2 = match optimizer {
        OptimizerKind::AdamLike => table.l2.factor(&rule, decay),
        OptimizerKind::SgdLike => decay,
    };
    let epsilon = match optimizer {
        OptimizerKind::AdamLike => table.epsilon.factor(&rule),
        OptimizerKind::SgdLike => Power::ONE,
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
    })
}

/// A multiplier is planned as the weight that it multiplies; constants of the forward pass have no role.
fn rule_for(shape: &InfShape, table: &Parametrization) -> Result<Rule, RuleError> {
    let role = shape.role();
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
    rule.ok_or(RuleError::NoRule { path, parametrization, role, form })
}

/// 1/√d_head at base; d_head^−1 (µP) or d_head^−½ (SP) from there on (TP-V Def. 4.1, App. B.1).
fn logit_scale(shape: &InfShape, table: &Parametrization) -> Factor {
    let base = shape.base_fan_in() as f64;
    let value = base.powf(-0.5) * shape.fan_in_mult().powf(table.attention_exponent);
    Factor {
        value,
        formula: format!("1/√d₀·{}", Power::fan_in(table.attention_exponent).to_string().replace("1/", "1/")),
    }
}

fn warnings(shapes: &InfShapes, optimizer: OptimizerKind) -> Vec<String> {
    let uneven = |shape: &&InfShape| {
        shape.kind.is_trained()
            && shape.role() == Role::Hidden
            && (shape.fan_in_mult() - shape.fan_out_mult()).abs() > f64::EPSILON
    };
    let uneven: Vec<&str> = shapes.iter().filter(uneven).map(|shape| shape.path.as_str()).collect();
    let mut warnings = Vec::new();
    if optimizer == OptimizerKind::SgdLike && !uneven.is_empty() {
        warnings.push(format!(
            "SGD with unequal fan-in and fan-out multipliers \"doesn't quite work in general\" (TP-V J.2.1, fn. 22): {}",
            uneven.join(", ")
        ));
    }
    warnings
}
