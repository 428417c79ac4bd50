//! Tables and files that cannot be: every one an error that names the place and the remedy.

use mup_rules::{Form, OptimizerId, Parametrization, Power, Rule, RuleError, Run, RunLaw, ScalingPlan};
use mup_shapes::{Axes, BaseShapes, InfShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Role};
use proptest::prelude::*;

fn param(path: &str, dims: &[usize], spec: ParamSpec) -> ParamShape {
    ParamShape::new(path, "Linear", dims, spec)
}

fn infer(model: impl Fn(usize) -> Vec<ParamShape>) -> InfShapes {
    let model = |width| ModuleShapes::new(model(width));
    let base = BaseShapes::infer(&model(64), &model(128)).expect("base shapes");
    base.apply(&model(256)).expect("shapes")
}

fn hidden() -> InfShapes {
    infer(|n| vec![param("blocks.0.up.weight", &[n, n], ParamSpec::weight())])
}

fn plan(shapes: &InfShapes, table: Parametrization) -> Result<ScalingPlan, RuleError> {
    ScalingPlan::new(shapes, table, OptimizerId::ADAMW)
}

fn check(result: Result<ScalingPlan, RuleError>, message: &str) {
    let error = result.expect_err("an error").to_string();
    assert!(error.contains(message), "{error}");
}

fn json() -> String {
    let plan = ScalingPlan::of(&hidden(), Parametrization::mup()).no_decay(Role::Hidden).build();
    plan.expect("a plan").to_json()
}

#[test]
fn a_table_with_two_rules_for_one_tensor_is_refused() {
    let mut table = Parametrization::mup();
    table.rules.push(Rule::constant(Role::Hidden, Form::Plain));
    check(plan(&hidden(), table), "two rules for role hidden in form plain; replace a rule with");
}

#[test]
fn a_table_without_a_needed_rule_is_refused() {
    let mut table = Parametrization::mup();
    table.rules.retain(|rule| rule.role != Role::Hidden);
    check(plan(&hidden(), table), "`blocks.0.up.weight`: parametrization `mup` has no rule for role hidden");
}

#[test]
fn exponents_that_are_no_numbers_are_refused() {
    let rule = Rule::constant(Role::Hidden, Form::Plain).with_adam(Power::fan_in(f64::NAN));
    check(plan(&hidden(), Parametrization::mup().with_rule(rule)), "hidden in form plain: an exponent is not a finite");
    let table = Parametrization::mup().with_attention_exponent(f64::INFINITY);
    check(plan(&hidden(), table), "attention logits");
}

#[test]
fn a_factor_that_overflows_is_refused() {
    let rule = Rule::constant(Role::Hidden, Form::Plain).with_adam(Power::fan_in(1e6));
    check(plan(&hidden(), Parametrization::mup().with_rule(rule)), "`blocks.0.up.weight`: learning rate inf = ");
}

#[test]
fn two_parameters_of_one_path_are_refused() {
    let twice =
        infer(|n| vec![param("weight", &[n, n], ParamSpec::weight()), param("weight", &[n, n], ParamSpec::weight())]);
    check(plan(&twice, Parametrization::mup()), "`weight` occurs twice");
}

#[test]
fn the_package_refuses_a_plain_readout_and_says_what_to_use() {
    let readout = infer(|n| vec![param("head.weight", &[n, 10], ParamSpec::weight())]);
    check(plan(&readout, Parametrization::mup_package()), "did the delta forget to widen its output?");
    check(plan(&readout, Parametrization::mup_package()), "dimension: head.weight (Linear, 64→256 × 10); use");
}

fn multiplier() -> ParamSpec {
    ParamSpec::new(Axes::multiplier(), Kind::Multiplier)
}

/// Planned in the plain form and multiplied as well, it would be scaled twice.
#[test]
fn a_multiplier_on_a_weight_that_is_not_planned_for_one_is_refused() {
    let readout = |weight: ParamSpec| {
        infer(move |n| {
            vec![param("head.weight", &[n, 10], weight.clone()), param("head.multiplier", &[n], multiplier())]
        })
    };
    check(plan(&readout(ParamSpec::weight()), Parametrization::mup()), "ParamSpec::weight().multiplied()");
    assert!(plan(&readout(ParamSpec::weight().multiplied()), Parametrization::mup()).is_ok());
}

#[test]
fn a_tied_readout_has_the_multiplier_form_alone() {
    let tied = infer(|n| {
        vec![param("embedding.weight", &[50, n], ParamSpec::weight()), param("tied.multiplier", &[n], multiplier())]
    });
    let planned = plan(&tied, Parametrization::mup()).expect("a plan");
    let embedding = planned.row("embedding.weight").expect("a row");
    assert_eq!(embedding.init_std.to_string(), "1", "the shared tensor keeps the embedding's σ");
    assert_eq!(planned.row("tied.multiplier").expect("a row").multiplier.to_string(), "0.25 = 1/m_in");
    for form in [Form::Plain, Form::TableNine] {
        check(
            plan(&tied, Parametrization::mup().with_multiplied_form(form)),
            "leave `Parametrization::multiplied_form`",
        );
    }
    assert!(plan(&tied, Parametrization::standard()).is_ok());
}

#[test]
fn a_run_that_cannot_be_is_refused_with_both_numbers() {
    let run = |base, target| {
        ScalingPlan::of(&hidden(), Parametrization::mup()).run(base, target, RunLaw::complete_d()).build()
    };
    let good = Run::new(65_536.0, 2e9);
    let bad = |batch, tokens, message: &str| {
        check(run(good, Run::new(batch, tokens)), message);
        check(run(Run::new(batch, tokens), good), message);
    };
    check(run(Run::new(2e9, 65_536.0), good), "the base's run has a batch of 2000000000 and 65536 tokens in all: ");
    check(run(good, Run::new(2e9, 65_536.0)), "the target's run has a batch of 2000000000 and 65536 tokens in all: ");
    bad(2e9, 65_536.0, "were the two exchanged?");
    bad(1000.0, 1500.0, "no whole number of batches");
    for number in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        bad(number, 2e9, "both are positive numbers");
        bad(65_536.0, number, "both are positive numbers");
    }
    for (batch, tokens) in [(4096.0, 4096.0), (4096.0, 1e6), (1.0, 7.0), (3.0, 20.0), (0.5, 64.0)] {
        assert!(run(good, Run::new(batch, tokens)).is_ok(), "{batch} {tokens}");
    }
}

/// A plan that holds them could be written, and not read again.
#[test]
fn optimizers_and_laws_that_cannot_be_stored_are_refused() {
    use mup_rules::{Change, Update};
    let with = |optimizer: OptimizerId| {
        let shapes = hidden();
        let plan = ScalingPlan::of(&shapes, Parametrization::mup());
        plan.wish(Role::Hidden, Change::Optimizer(optimizer)).build()
    };
    check(with(OptimizerId::new("", Update::ENTRYWISE)), "optimizer ``: it needs a name");
    for update in [[f64::NAN, 0.0, 0.0], [0.0, f64::INFINITY, 0.0], [0.0, 0.0, f64::NAN]] {
        let [weight, gradient, width] = update;
        check(with(OptimizerId::new("mine", Update::new(weight, gradient, width))), "optimizer `mine`: an exponent of");
    }
    let law = RunLaw::new("mine", Power::ONE, Power::ONE, Power::of(mup_rules::Variable::TOKENS, f64::NAN));
    let run = Run::new(65_536.0, 2e9);
    let shapes = hidden();
    let plan = ScalingPlan::of(&shapes, Parametrization::mup()).default_optimizer(OptimizerId::MUON).run(run, run, law);
    check(plan.build(), "`mine`, run law: an exponent is not a finite number");
}

#[test]
fn a_model_without_parameters_says_that_there_are_none() {
    let none = InfShapes::default();
    check(ScalingPlan::of(&none, Parametrization::mup()).rate("w", 2.0).build(), "meant by it; there are none (");
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    let plan = plan(&hidden(), Parametrization::mup()).expect("a plan");
    let error = plan.row("decoder.kernel").expect_err("no such row").to_string();
    assert_eq!(error, "the plan has no row for `decoder.kernel`; was it made for another model?");
}

#[test]
fn an_unknown_preset_lists_those_that_exist() {
    let error = Parametrization::named("ntk").expect_err("no such preset").to_string();
    assert!(
        error.contains("`ntk`") && error.contains("mup, complete-p, depth-mup, tensor-programs-v, mup-package"),
        "{error}"
    );
}

#[test]
fn every_preset_is_found_by_its_own_name() {
    for &name in Parametrization::NAMES {
        assert_eq!(Parametrization::named(name).expect("a preset").name, name);
    }
}

#[test]
fn files_that_are_no_plans_are_refused_with_line_and_remedy() {
    let read = ScalingPlan::from_json;
    check(read(""), "at line 1, column 0; write one with `ScalingPlan::to_json`");
    check(read("weights: [1, 2]"), "not a plan: expected value at line 1, column 1");
    check(read("{\"version\": 1}"), "missing field `format`");
    check(read("{\"format\": \"mup-plan\"}"), "missing field `version`");
    check(read(&"[".repeat(100_000)), "not a plan");
    check(read("{\"format\": \"mup-base-shapes\", \"version\": 1}"), "format `mup-base-shapes`, not `mup-plan`");
    check(read("{\"format\": \"mup-plan\", \"version\": 1}"), "missing field `optimizer`");
    check(read("{\"format\": \"mup-plan\", \"version\": 2}"), "missing field `optimizers`");
}

/// Whatever a future version contains, its number is what is reported.
#[test]
fn another_version_is_refused_as_such() {
    let future = "{\"format\": \"mup-plan\", \"version\": 7, \"optimizer\": {\"kind\": \"muon\"}, \"depth\": 3}";
    check(ScalingPlan::from_json(future), "version 7, this library reads versions up to 3; update mup-rules");
}

#[test]
fn edited_plans_are_refused() {
    let edited = |from: &str, to: &str| {
        let text = json();
        assert!(text.contains(from), "nothing to edit: {from}\n{text}");
        ScalingPlan::from_json(&text.replacen(from, to, 1))
    };
    check(edited("\"value\":0.25", "\"value\":-0.25"), "learning rate -0.25 = 1/m_in is not a positive finite number");
    check(edited("\"value\":0.25", "\"value\":null"), "invalid type: null, expected f64");
    check(edited("\"value\":0.25", "\"value\":1e400"), "number out of range");
    check(edited("[\"in\",\"out\"]", "[\"in\"]"), "`blocks.0.up.weight` has axes in but 2 dimensions");
    check(edited("\"layer\"", "\"depth\":1,\"layer\""), "unknown field `depth`");
    check(
        edited("\"optimizer\":\"adamw\"", "\"optimizer\":\"muon\""),
        "`blocks.0.up.weight` is trained by `muon`, which the plan does not list",
    );
    check(edited("\"tensors\"", "\"tensor\""), "unknown field `tensor`");
    check(
        edited("{\"decay\":0.0}", "{\"decay\":-7.0}"),
        "decay × -7 for hidden tensors: decay is multiplied by a number",
    );
}

#[test]
fn every_truncated_plan_is_refused() {
    let text = json();
    let text = text.trim_end();
    for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
        assert!(ScalingPlan::from_json(&text[..end]).is_err(), "{end} bytes");
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(text in ".*") {
        prop_assert!(ScalingPlan::from_json(&text).is_err());
    }

    /// One character of a plan changed: an error, or a plan that passes every check.
    #[test]
    fn a_changed_character_never_panics(position in 0_usize..2000, replacement in prop::char::any()) {
        let text: String = json().chars().enumerate().map(|(idx, c)| if idx == position { replacement } else { c }).collect();
        if let Ok(plan) = ScalingPlan::from_json(&text) {
            prop_assert_eq!(ScalingPlan::from_json(&plan.to_json()), Ok(plan.clone()));
            prop_assert!(!plan.to_string().is_empty() && !plan.summary().to_string().is_empty());
        }
    }
}
