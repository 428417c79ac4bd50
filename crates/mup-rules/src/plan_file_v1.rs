//! Plans of version 1: one kind of optimizer for all tensors, and rates for Adam and SGD side by side.

use mup_shapes::{Axes, Dim, Kind, Role};
use serde::Deserialize;

use crate::plan::PlanContents;
use crate::{
    DepthRule, Doubt, EpsilonRule, Factor, Form, L2Rule, OptimizerId, Overrides, Parametrization, PlanRow, Power,
    Ratios, Rule, Term, Update, WeightDecay,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanFileV1 {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    optimizer: OptimizerV1,
    parametrization: ParametrizationV1,
    rows: Vec<RowV1>,
    warnings: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OptimizerV1 {
    AdamLike,
    SgdLike,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParametrizationV1 {
    name: String,
    rules: Vec<RuleV1>,
    multiplied_form: Form,
    requires_readout: bool,
    attention_exponent: f64,
    weight_decay: WeightDecay,
    l2: L2Rule,
    epsilon: EpsilonRule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleV1 {
    role: Role,
    form: Form,
    multiplier: Power,
    init_std: Power,
    adam: Power,
    sgd: Power,
    gradient: Power,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowV1 {
    path: String,
    layer: String,
    kind: Kind,
    role: Role,
    form: Form,
    axes: Axes,
    dims: Vec<Dim>,
    base_fan_in: usize,
    base_fan_out: usize,
    multiplier: FactorV1,
    init_std: FactorV1,
    learning_rate: FactorV1,
    weight_decay: FactorV1,
    /// Coupled L2 under Adam: AdamW has none.
    #[serde(rename = "l2")]
    _l2: FactorV1,
    epsilon: FactorV1,
    #[serde(default)]
    doubts: Vec<Doubt>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorV1 {
    value: f64,
    formula: String,
}

impl From<PlanFileV1> for PlanContents {
    fn from(file: PlanFileV1) -> Self {
        let PlanFileV1 { optimizer, parametrization, rows, warnings, .. } = file;
        let id = match optimizer {
            OptimizerV1::AdamLike => OptimizerId::ADAMW,
            OptimizerV1::SgdLike => OptimizerId::SGD,
        };
        let rows = rows.into_iter().map(|row| row.read(&id)).collect();
        let parametrization = parametrization.read(optimizer);
        let (optimizers, overrides, streams) = (vec![id], Overrides::new(), Vec::new());
        Self { optimizers, parametrization, overrides, run: None, variables: Vec::new(), streams, rows, warnings }
    }
}

impl ParametrizationV1 {
    fn read(self, optimizer: OptimizerV1) -> Parametrization {
        let Self { name, rules, multiplied_form, requires_readout, attention_exponent, weight_decay, l2, epsilon } =
            self;
        let rules = rules.into_iter().map(|rule| rule.read(optimizer)).collect();
        let amendments = Vec::new();
        Parametrization {
            name,
            rules,
            multiplied_form,
            requires_readout,
            attention_exponent,
            weight_decay,
            l2,
            epsilon,
            depth: DepthRule::Refused,
            amendments,
        }
    }
}

impl RuleV1 {
    /// SGD had a column of its own; the rate that the plan used is the one that is kept.
    fn read(self, optimizer: OptimizerV1) -> Rule {
        let Self { role, form, multiplier, init_std, adam, sgd, gradient } = self;
        let rule = Rule { role, form, multiplier, init_std, adam, gradient };
        match optimizer {
            OptimizerV1::AdamLike => rule,
            OptimizerV1::SgdLike => rule.with_rate(Update::PROPORTIONAL, &sgd),
        }
    }
}

impl RowV1 {
    fn read(self, optimizer: &OptimizerId) -> PlanRow {
        PlanRow {
            path: self.path,
            layer: self.layer,
            role: self.role,
            form: self.form,
            axes: self.axes,
            dims: self.dims,
            base_fan_in: self.base_fan_in,
            base_fan_out: self.base_fan_out,
            variables: Ratios::default(),
            optimizer: if self.kind.is_trained() { optimizer.name.to_string() } else { String::new() },
            kind: self.kind,
            frozen: false,
            place: None,
            stream: None,
            multiplier: self.multiplier.read(),
            init_std: self.init_std.read(),
            learning_rate: self.learning_rate.read(),
            weight_decay: self.weight_decay.read(),
            epsilon: self.epsilon.read(),
            doubts: self.doubts,
        }
    }
}

impl FactorV1 {
    fn read(self) -> Factor {
        let terms = if self.formula == "1" { Vec::new() } else { vec![Term::new(self.formula, "")] };
        Factor::new(self.value, terms)
    }
}
