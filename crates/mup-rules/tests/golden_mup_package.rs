//! The preset `mup-package` against microsoft/mup 1.0.0: numbers that `golden/generate` took from the parameter
//! groups of `MuAdam`, `MuAdamW` and `MuSGD` and from the samplers of `mup.init` (versions in every file).

use std::path::Path;

use mup_rules::{Form, OptimizerId, Parametrization, PlanRow, Power, Rule, ScalingPlan};
use mup_shapes::{Axes, BaseShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Role};
use serde_json::Value;

/// Python divides and multiplies the same `f64` in another order, a few roundings of 2⁻⁵³ each.
const RELATIVE: f64 = 1e-12;

const MODELS: [&str; 7] =
    ["mlp", "mlp_uneven", "conv_net", "gpt_relative", "gpt_relative_tied", "gpt_growing_d_head", "gpt_absolute"];

fn golden(model: &str) -> Value {
    let path = Path::new("../../golden/data").join(format!("{model}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// What mup-models and the layer table say of a path, without Burn.
fn spec(path: &str, rank: usize) -> ParamSpec {
    match (path.rsplit('.').next().unwrap_or_default(), rank) {
        ("multiplier", _) => ParamSpec::new(Axes::multiplier(), Kind::Multiplier),
        ("logit_scale", _) => ParamSpec::new(Axes::multiplier(), Kind::LogitScale),
        ("gamma", _) => ParamSpec::gain(),
        ("bias" | "beta", _) => ParamSpec::bias(),
        (_, 1) => ParamSpec::vector(),
        (_, 2) if path.starts_with("readout.") => ParamSpec::weight().multiplied(),
        (_, 2) => ParamSpec::weight(),
        (_, rank) => ParamSpec::new(Axes::out_in_kernel(rank), Kind::Weight),
    }
}

fn shapes(shapes: &Value) -> ModuleShapes {
    let shape = |(path, dims): (&String, &Value)| {
        let dims: Vec<usize> = serde_json::from_value(dims.clone()).expect("dimensions");
        let spec = spec(path, dims.len());
        ParamShape::new(path, "Layer", dims, spec)
    };
    ModuleShapes::new(shapes.as_object().expect("an object").iter().map(shape).collect())
}

/// Every disagreement of the plans with the golden numbers, for one model at all its widths.
fn disagreements(model: &str, table: &Parametrization) -> Vec<String> {
    let golden = golden(model);
    let base =
        BaseShapes::infer(&shapes(&golden["base_shapes"]), &shapes(&golden["delta_shapes"])).expect("base shapes");
    let mut found = Vec::new();
    for width in golden["widths"].as_array().expect("widths") {
        let target = base.apply(&shapes(&width["shapes"])).expect("shapes");
        for (name, kind) in [("sgd", OptimizerId::SGD), ("adam", OptimizerId::ADAM), ("adamw", OptimizerId::ADAMW)] {
            let plan = ScalingPlan::new(&target, table.clone(), kind).expect("a plan");
            let parameters = width["parameters"].as_array().expect("parameters");
            let trained = plan.rows().iter().filter(|row| row.kind.is_trained()).count();
            assert_eq!(trained, parameters.len(), "{model}: every trained parameter is compared");
            for parameter in parameters {
                let row = plan.row(parameter["path"].as_str().expect("a path")).expect("a row");
                found.extend(of_parameter(row, parameter, name, &golden["optimizer_settings"]));
            }
            for (path, constant) in width["constants"].as_object().expect("constants") {
                let ours = plan.row(path).expect("a row").multiplier.value;
                found.extend(differs(path, "value", ours, constant["value"].as_f64()));
            }
        }
    }
    found
}

fn of_parameter(row: &PlanRow, golden: &Value, optimizer: &str, settings: &Value) -> Vec<String> {
    let set = |name: &str| settings[name].as_f64().expect("a setting");
    let group = &golden["optimizers"][optimizer];
    let sampled = |width: &str| golden["init"]["normal"][width].as_f64();
    let init = sampled("target").zip(sampled("base")).map(|(target, base)| target / base);
    let role = if row.role == Role::Hidden {
        "matrix"
    } else if row.role == Role::Scalar {
        "scalar"
    } else {
        "vector"
    };
    let path = &row.path;
    let mut found: Vec<String> = [
        differs(path, &format!("{optimizer} rate"), set("lr") * row.learning_rate.value, group["lr"].as_f64()),
        differs(
            path,
            &format!("{optimizer} decay"),
            set("weight_decay") * row.weight_decay.value,
            group["weight_decay"].as_f64(),
        ),
        differs(path, "init std", row.init_std.value, init),
        differs(path, &format!("{optimizer} ε"), row.epsilon.value, Some(1.0)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if golden["role"] != role {
        found.push(format!("{path}: {role}, there {}", golden["role"]));
    }
    found
}

fn differs(path: &str, what: &str, ours: f64, theirs: Option<f64>) -> Option<String> {
    let theirs = theirs.expect("a number");
    ((ours - theirs).abs() > RELATIVE * theirs.abs()).then(|| format!("{path}: {what} {ours}, there {theirs}"))
}

#[test]
fn every_number_is_that_of_microsoft_mup() {
    for model in MODELS {
        assert_eq!(disagreements(model, &Parametrization::mup_package()), Vec::<String>::new(), "{model}");
    }
}

/// The recommended preset differs from the package in ε and in coupled L2 alone.
#[test]
fn the_recommended_preset_differs_in_epsilon_and_l2_alone() {
    for model in MODELS {
        let found = disagreements(model, &Parametrization::mup());
        assert!(!found.is_empty());
        let other = found
            .iter()
            .find(|line| !line.contains(": adam ε") && !line.contains(": adamw ε") && !line.contains(": adam decay"));
        assert_eq!(other, None, "{model}");
    }
}

type Break = fn(Rule, Power) -> Rule;

/// Every rule that the models exercise, with one power changed at a time, is seen to be wrong.
#[test]
fn every_broken_rule_is_seen() {
    let half = Power::new(0.5, 0.5);
    let breaks: [(&str, Break); 4] = [
        ("multiplier", |rule, half| rule.clone().with_multiplier(rule.multiplier * half)),
        ("init std", |rule, half| rule.clone().with_init_std(rule.init_std * half)),
        ("Adam", |rule, half| rule.clone().with_adam(rule.adam * half)),
        // SGD's rate is Adam's over this.
        ("gradient", |rule, half| rule.clone().with_gradient(rule.gradient * half)),
    ];
    let package = Parametrization::mup_package();
    for (role, form) in [
        (Role::Input, Form::Plain),
        (Role::Vector, Form::Plain),
        (Role::Hidden, Form::Plain),
        (Role::Output, Form::Multiplier),
    ] {
        for (name, break_rule) in breaks {
            // Only a readout has a multiplier to compare.
            if name == "multiplier" && role != Role::Output {
                continue;
            }
            let rule = break_rule(package.rule(role, form).expect("a rule").clone(), half.clone());
            let broken = package.clone().with_rule(rule);
            assert!(!disagreements("mlp_uneven", &broken).is_empty(), "{role}: {name}");
        }
    }
}

/// Feed-forward width and model width grow by different factors: a plan that confuses the fans of a hidden
/// weight is seen.
#[test]
fn confused_fans_are_seen() {
    let package = Parametrization::mup_package();
    let hidden = package.rule(Role::Hidden, Form::Plain).expect("a rule").clone();
    let confused = package.with_rule(hidden.with_adam(Power::fan_out(-1.0)).with_init_std(Power::fan_out(-0.5)));
    assert!(!disagreements("mlp_uneven", &confused).is_empty());
}
