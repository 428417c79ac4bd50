//! What two runs must have in common for one to continue the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use mup_rules::{PlanRow, ScalingPlan};
use mup_shapes::param_paths;
use serde_json::{Map, Value, json};

/// One thing in which a checkpoint and the run that would continue it differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where, such as `training.learning_rate` or `shapes.readout.weight`.
    pub name: String,
    /// In the checkpoint, as JSON; none if it has no such entry.
    pub checkpoint: Option<String>,
    /// In the run.
    pub now: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |side: &Option<String>| side.clone().unwrap_or_else(|| "absent".to_owned());
        write!(f, "{}: {} in the checkpoint, {} now", self.name, show(&self.checkpoint), show(&self.now))
    }
}

/// Every difference between two identities, by name.
pub(super) fn differences(checkpoint: &Value, now: &Value) -> Vec<Difference> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    flatten("", &of_today(checkpoint), &mut before);
    flatten("", now, &mut after);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let difference = |name: &String| {
        let (checkpoint, now) = (before.get(name).cloned(), after.get(name).cloned());
        (checkpoint != now).then(|| Difference { name: name.clone(), checkpoint, now })
    };
    names.into_iter().filter_map(difference).collect()
}

fn flatten(name: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                flatten(&name, value, into);
            }
        }
        value => {
            into.insert(name.to_owned(), value.to_string());
        }
    }
}

/// What the plan trains, with its rows by path, so that a difference names the parameter. Formulas and reasons train
/// nothing, and are left out.
pub(super) fn plan_value(plan: &ScalingPlan) -> Value {
    let rows: Map<String, Value> = plan.rows().iter().map(|row| (row.path.clone(), row_value(row))).collect();
    let mut value =
        json!({ "parametrization": plan.parametrization().name, "weight decay": plan.weight_decay(), "rows": rows });
    let beta = plan.beta_exponent();
    if beta.to_bits() != 1.0_f64.to_bits() {
        value["β to the power"] = json!(beta);
    }
    value
}

fn row_value(row: &PlanRow) -> Value {
    let dims: Vec<String> = row.dims.iter().map(ToString::to_string).collect();
    let numbers: Map<String, Value> =
        row.columns().map(|(column, factor)| (column.to_string(), json!(factor.value))).collect();
    json!({ "kind": row.kind, "role": row.role, "optimizer": row.optimizer, "dims": dims.join(" × "), "numbers": numbers })
}

/// The identity of a checkpoint as it would be written today: until plans had several optimizers, it held the plan whole.
fn of_today(identity: &Value) -> Value {
    let mut identity = identity.clone();
    let Some(plan) = identity.get("plan").filter(|plan| plan.get("optimizer").is_some()) else { return identity };
    let rows: Vec<&Value> = plan["rows"].as_object().map(|rows| rows.values().collect()).unwrap_or_default();
    let file = json!({
        "format": "mup-plan", "version": 1, "optimizer": plan["optimizer"], "parametrization": plan["parametrization"],
        "rows": rows, "warnings": [],
    });
    // What cannot be read stays as it is, and differs by name.
    if let Ok(plan) = ScalingPlan::from_json(&file.to_string()) {
        identity["plan"] = plan_value(&plan);
    }
    identity
}

/// Element type and sizes of every float parameter by path.
pub(super) fn shapes_value<M: Module>(model: &M) -> Value {
    let mut shapes = Shapes(BTreeMap::new());
    model.visit(&mut shapes);
    let shape = |id: u64| shapes.0.get(&id).cloned().unwrap_or_default();
    param_paths(model).into_iter().map(|(path, id)| (path, Value::from(shape(id.val())))).collect::<Map<_, _>>().into()
}

struct Shapes(BTreeMap<u64, String>);

impl ModuleVisitor for Shapes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        self.0.insert(param.id.val(), format!("{:?} {:?}", value.dtype(), value.dims()));
    }
}
