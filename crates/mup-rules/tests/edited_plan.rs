//! A stored plan is read if it follows from what it was made from, and refused by row and number if it was edited.

use mup_rules::{
    Amended, Amendment, OptimizerId, Overrides, Parametrization, Power, Run, RunLaw, ScalingPlan, ShapeFactor, Update,
    Variable,
};
use mup_shapes::{Axes, BaseShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Places, Role};
use serde_json::{Value, json};

/// With an optimizer and a variable from outside the crate, a run, wishes of every kind, constants, and a doubt.
fn plan() -> ScalingPlan {
    planned(Some(RUN))
}

const RUN: [Run; 2] = [Run::new(4096.0, 1e6), Run::new(65_536.0, 6.4e7)];

fn planned(run: Option<[Run; 2]>) -> ScalingPlan {
    let constant = |kind| ParamSpec::new(Axes::multiplier(), kind);
    let model = |n: usize| {
        ModuleShapes::new(vec![
            ParamShape::new("embedding.weight", "Embedding", [100, n], ParamSpec::weight()),
            ParamShape::new("up.weight", "Linear", [n, 3 * n], ParamSpec::weight()),
            ParamShape::new("up.bias", "Linear", [3 * n], ParamSpec::bias()),
            ParamShape::new("down.weight", "Linear", [3 * n, n], ParamSpec::weight()),
            ParamShape::new("norm.gamma", "RmsNorm", [n], ParamSpec::gain()),
            ParamShape::new("router.weight", "Linear", [n, 7], ParamSpec::weight()),
            ParamShape::new("logit_scale", "Attention", [n], constant(Kind::LogitScale)),
            ParamShape::new("head.weight", "Readout", [n, 10], ParamSpec::weight().multiplied()),
            ParamShape::new("head.multiplier", "Readout", [n], constant(Kind::Multiplier)),
        ])
    };
    let slots = Variable::new("m_S");
    let slower = Amendment::new("up.*", Amended::Adam, Power::of(slots.clone(), -0.3), "slots are averaged");
    let scion = OptimizerId::new("scion", Update::SPECTRAL).with_shape_factor(ShapeFactor::SqrtAspect);
    let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(200)).unwrap();
    let plan = ScalingPlan::of(&shapes, Parametrization::mup().with_amendment(slower))
        .variable(slots, |shape| if shape.path.starts_with("up") { 5.0 } else { 2.0 })
        .optimizer(Role::Hidden, scion)
        .overrides(Overrides::decay_matrices_only())
        .rate("up.*", 2.0)
        .decay("down.*", 0.5)
        .init_std("router.*", 3.0)
        .frozen("norm.*");
    let plan = match run {
        Some([base, target]) => plan.run(base, target, RunLaw::complete_d()),
        None => plan,
    };
    plan.build().unwrap()
}

/// A run is given to a finished plan as it would have been to its builder, whatever is in it.
#[test]
fn a_finished_plan_of_everything_in_a_run_is_the_one_that_was_built_with_it() {
    let [base, target] = RUN;
    let law = RunLaw::complete_d();
    assert_eq!(planned(None).with_run(base, target, law.clone()).unwrap(), plan());
    let read = ScalingPlan::from_json(&planned(None).to_json()).unwrap();
    assert_eq!(read.with_run(base, target, law.clone()).unwrap(), plan());
    let deep = deep().with_run(base, target, law).unwrap();
    assert_eq!(ScalingPlan::from_json(&deep.to_json()).unwrap(), deep);
}

/// A branch between embedding and head, under rules of depth.
fn deep() -> ScalingPlan {
    let model = |n_layer: usize, n: usize| {
        let weight = |path: String, dims: [usize; 2]| ParamShape::new(path, "Linear", dims, ParamSpec::weight());
        let block = |l| [weight(format!("blocks.{l}.up"), [n, 4 * n]), weight(format!("blocks.{l}.down"), [4 * n, n])];
        let outside = [weight("embedding".to_owned(), [100, n]), weight("head".to_owned(), [n, 10])];
        ModuleShapes::new(outside.into_iter().chain((0..n_layer).flat_map(block)).collect())
    };
    let places = Places::new().inside("blocks.**").closing("blocks.*.down");
    let target = model(6, 200).placed(&places).unwrap();
    let shapes = BaseShapes::infer(&model(2, 64), &model(2, 128)).unwrap().apply(&target).unwrap();
    ScalingPlan::of(&shapes, Parametrization::complete_p()).build().unwrap()
}

/// m_L of a row outside of branches, which follows no rule in it, and what streams there are.
#[test]
fn changed_ratios_places_and_streams_of_a_deep_plan_are_refused() {
    let refused = |edit: &dyn Fn(&mut Value), expected: &str| {
        let mut file: Value = serde_json::from_str(&deep().to_json()).unwrap();
        edit(&mut file);
        let error = ScalingPlan::from_json(&file.to_string()).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}\n(expected: {expected})");
    };
    refused(&|file| row(file, "embedding")["variables"]["m_L"] = json!(4.0), "`embedding` has variables m_L = 4, but");
    refused(
        &|file| row(file, "blocks.0.up")["variables"]["m_L"] = json!(4.0),
        "`blocks.0.up` has variables m_L = 4, but",
    );
    refused(&|file| row(file, "blocks.0.up")["variables"] = json!({}), "`blocks.0.up` has variables ");
    refused(&|file| row(file, "blocks.0.up")["place"] = json!("outside"), "`blocks.0.up` has ");
    refused(&|file| row(file, "blocks.0.up")["place"] = json!("closing"), "`blocks.0.up` has ");
    refused(&|file| row(file, "embedding")["place"] = json!("inside"), "`embedding` ");
    refused(&|file| row(file, "embedding")["place"] = Value::Null, "`embedding` has place ");
    refused(&|file| row(file, "blocks.0.up")["stream"] = json!("trunk"), "`blocks.0.up` ");
    refused(&|file| row(file, "blocks.0.up")["stream"] = Value::Null, "`blocks.0.up` ");
    refused(&|file| file["streams"][0]["target"] = json!(8), " has ");
    refused(&|file| file["streams"] = json!([]), " has ");
    let unused = json!({"stream": "trunk", "base": 2, "target": 4});
    refused(&|file| file["streams"].as_array_mut().unwrap().push(unused.clone()), "the plan has streams ");
}

fn stored() -> Value {
    serde_json::from_str(&plan().to_json()).unwrap()
}

fn row<'a>(file: &'a mut Value, path: &str) -> &'a mut Value {
    file["rows"].as_array_mut().unwrap().iter_mut().find(|row| row["path"] == path).unwrap()
}

fn refused(edit: impl FnOnce(&mut Value), expected: &str) {
    let mut file = stored();
    edit(&mut file);
    let error = ScalingPlan::from_json(&file.to_string()).expect_err(expected).to_string();
    assert!(error.contains(expected), "{error}\n(expected: {expected})");
    assert!(serde_json::from_value::<ScalingPlan>(plan_only(file)).is_err(), "by serde too");
}

/// The file without its header is what serde writes of a plan.
fn plan_only(mut file: Value) -> Value {
    file.as_object_mut().unwrap().retain(|name, _| name != "format" && name != "version");
    file
}

#[test]
fn an_intact_plan_is_read_as_it_was() {
    assert_eq!(ScalingPlan::from_json(&plan().to_json()), Ok(plan()));
    assert_eq!(serde_json::from_value::<ScalingPlan>(plan_only(stored())).unwrap(), plan());
}

#[test]
fn a_changed_number_of_a_row_is_refused_with_row_name_and_both_values() {
    refused(
        |file| row(file, "down.weight")["weight_decay"]["value"] = json!(0.5),
        "`down.weight` has weight decay 0.5, but what the plan was made from gives ",
    );
    for path in ["embedding.weight", "up.weight", "up.bias", "down.weight", "router.weight", "head.weight"] {
        for (column, name) in [
            ("multiplier", "multiplier"),
            ("init_std", "init std"),
            ("learning_rate", "learning rate"),
            ("weight_decay", "weight decay"),
            ("epsilon", "epsilon"),
        ] {
            let edit = |file: &mut Value| {
                let value = &mut row(file, path)[column]["value"];
                *value = json!(value.as_f64().unwrap() * (1.0 + 1e-9) + 1e-9);
            };
            refused(edit, &format!("`{path}` has {name} "));
        }
    }
    for path in ["logit_scale", "head.multiplier"] {
        refused(|file| row(file, path)["multiplier"]["value"] = json!(1.0), &format!("`{path}` has multiplier 1, but"));
    }
}

#[test]
fn a_changed_word_of_a_row_is_refused() {
    refused(|file| row(file, "up.weight")["role"] = json!("input"), "`up.weight` has role input, but");
    refused(|file| row(file, "router.weight")["role"] = json!("output"), "`router.weight` has init std ");
    refused(|file| row(file, "head.weight")["form"] = json!("plain"), "head.weight");
    refused(|file| row(file, "up.weight")["base_fan_in"] = json!(65), "`up.weight` has base fan-in 65, but");
    refused(|file| row(file, "up.weight")["base_fan_out"] = json!(65), "`up.weight` has base fan-out 65, but");
    refused(|file| row(file, "up.weight")["frozen"] = json!(true), "`up.weight` has frozen true, but");
    refused(|file| row(file, "norm.gamma")["frozen"] = json!(false), "`norm.gamma` has frozen false, but");
    refused(|file| row(file, "up.weight")["optimizer"] = json!("adamw"), "`up.weight` has optimizer adamw, but");
    refused(|file| row(file, "up.weight")["variables"]["m_S"] = json!(6.0), "`up.weight` has learning rate ");
    refused(|file| row(file, "up.weight")["dims"][0]["infinite"]["dim"] = json!(300), "`up.weight` has ");
}

#[test]
fn what_the_plan_was_made_from_cannot_be_changed_alone() {
    let wish = |file: &mut Value, at: usize, name: &str, value: Value| file["overrides"][at][name] = value;
    let at = |wanted: &str| {
        let file = stored();
        let wishes = file["overrides"].as_array().unwrap();
        wishes.iter().position(|wish| wish["tensors"]["path"] == wanted).expect(wanted)
    };
    refused(|file| wish(file, at("up.*"), "change", json!({"rate": 3.0})), "`up.weight` has learning rate ");
    refused(|file| wish(file, at("up.*"), "tensors", json!({"path": "down.*"})), "`up.weight` has learning rate ");
    refused(|file| wish(file, at("up.*"), "tensors", json!({"path": "upp.*"})), "did you mean `up.*`?");
    refused(|file| wish(file, at("norm.*"), "change", json!({"rate": 3.0})), "`norm.gamma` has frozen true, but");
    refused(|file| file["run"]["target"]["tokens"] = json!(6.5e7), " has learning rate ");
    refused(|file| file["run"] = Value::Null, " has learning rate ");
    refused(|file| file["parametrization"]["weight_decay"] = json!("keep_lambda"), " has weight decay ");
    refused(|file| file["parametrization"]["amendments"][0]["power"]["m_S"] = json!(-0.5), " has learning rate ");
    refused(|file| file["optimizers"][0]["epsilon"] = json!("none"), " has ");
    let unused = json!({"name": "lion", "update": {"weight": 0.0, "gradient": 0.0, "width": 0.0}, "shape_factor": "one",
                        "decay": "step", "epsilon": "none", "hidden_matrices_only": false});
    refused(|file| file["optimizers"].as_array_mut().unwrap().push(unused), "the plan has optimizers ");
}

/// They say why, and decide nothing: today's words are what is printed.
#[test]
fn changed_reasons_and_warnings_are_said_as_they_are() {
    let mut file = stored();
    row(&mut file, "up.weight")["learning_rate"]["terms"][0]["formula"] = json!("1/m_in²");
    file["warnings"] = json!(["all is well"]);
    assert_eq!(ScalingPlan::from_json(&file.to_string()), Ok(plan()));
}

/// `powf` of another platform may end in another bit.
#[test]
fn a_last_bit_is_no_edit_and_is_kept() {
    let mut file = stored();
    let value = &mut row(&mut file, "up.weight")["learning_rate"]["value"];
    let next = value.as_f64().unwrap().next_up();
    *value = json!(next);
    let read = ScalingPlan::from_json(&file.to_string()).unwrap();
    assert_eq!(read.row("up.weight").unwrap().learning_rate.value.to_bits(), next.to_bits());
}

/// Written at commit 9a67ab0, with wishes and a run that a new plan may no longer have.
#[test]
fn a_plan_of_version_2_as_it_was_first_written_is_read() {
    let text = include_str!("version_2/everything.json");
    let read = ScalingPlan::from_json(text).unwrap();
    assert!(text.contains("\"batch\":1000000.0,\"tokens\":30000.0"), "a batch larger than the run");
    let file: Value = serde_json::from_str(text).unwrap();
    for (row, stored) in read.rows().iter().zip(file["rows"].as_array().unwrap()) {
        assert_eq!(json!(row.learning_rate.value), stored["learning_rate"]["value"], "{}", row.path);
        assert_eq!(json!(row.weight_decay.value), stored["weight_decay"]["value"], "{}", row.path);
    }
    assert_eq!(read.row("up.bias").unwrap().weight_decay.to_string(), "0 = yours: no decay");
    assert_eq!(ScalingPlan::from_json(&read.to_json()), Ok(read));
}
