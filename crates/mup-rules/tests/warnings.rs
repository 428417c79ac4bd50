//! What a plan says about a model that the theory does not cover, and that it is silent otherwise.

use mup_rules::{Amended, Amendment, OptimizerId, Parametrization, Power, ScalingPlan, WeightDecay};
use mup_shapes::{Axes, BaseShapes, Kind, ModuleShapes, ParamShape, ParamSpec};

/// Widths of a model with two blocks.
#[derive(Clone, Copy)]
struct Model {
    d_model: usize,
    d_ffn: usize,
    d_head: usize,
}

const BASE: Model = Model { d_model: 64, d_ffn: 128, d_head: 32 };

fn shapes(Model { d_model, d_ffn, d_head }: Model) -> ModuleShapes {
    let logit_scale = ParamSpec::new(Axes::multiplier(), Kind::LogitScale);
    let params = [
        ("embedding.weight", vec![50, d_model], ParamSpec::weight()),
        ("blocks.0.up.weight", vec![d_model, d_ffn], ParamSpec::weight()),
        ("blocks.0.logit_scale", vec![d_head], logit_scale),
        ("blocks.1.up.weight", vec![d_model, d_ffn], ParamSpec::weight()),
        ("readout.weight", vec![d_ffn, 50], ParamSpec::weight()),
    ];
    let shape = |(path, dims, spec): (&str, Vec<usize>, ParamSpec)| ParamShape::new(path, "Linear", dims, spec);
    ModuleShapes::new(params.map(shape).to_vec())
}

fn plan(target: Model, table: Parametrization, optimizer: OptimizerId) -> ScalingPlan {
    let delta = Model { d_model: 96, d_ffn: 192, ..target };
    let base =
        BaseShapes::infer(&shapes(Model { d_head: target.d_head, ..BASE }), &shapes(delta)).expect("base shapes");
    ScalingPlan::new(&base.apply(&shapes(target)).expect("shapes"), table, optimizer).expect("a plan")
}

fn check(target: Model, table: Parametrization, optimizer: OptimizerId, expected: &[&str]) {
    let plan = plan(target, table, optimizer);
    let warnings = plan.warnings();
    assert_eq!(warnings.len(), expected.len(), "{warnings:#?}");
    for (warning, expected) in warnings.iter().zip(expected) {
        assert!(warning.contains(expected), "{warning}");
        assert!(plan.to_string().contains(warning.as_str()), "printed with the plan");
    }
}

#[test]
fn an_ordinary_model_gets_no_warning() {
    let target = Model { d_model: 256, d_ffn: 512, d_head: 32 };
    for name in ["mup", "tensor-programs-v", "standard"] {
        check(target, Parametrization::named(name).expect("a preset"), OptimizerId::ADAMW, &[]);
    }
    check(target, Parametrization::mup(), OptimizerId::SGD, &[]);
}

#[test]
fn widths_that_grow_unequally_are_said() {
    let target = Model { d_model: 256, d_ffn: 1024, d_head: 32 };
    check(target, Parametrization::mup(), OptimizerId::SGD, &["fn. 22): blocks.*.up.weight"]);
    check(
        target,
        Parametrization::mup(),
        OptimizerId::ADAMW,
        &["1/√(m_in·m_out) (harmless while ε is negligible): blocks.*.up.weight"],
    );
    check(target, Parametrization::tensor_programs_v(), OptimizerId::ADAMW, &[]);
}

#[test]
fn a_target_narrower_than_the_base_is_allowed_and_said() {
    let target = Model { d_model: 32, d_ffn: 64, d_head: 32 };
    check(target, Parametrization::mup(), OptimizerId::ADAMW, &["narrower than the base: embedding.weight"]);
    let plan = plan(target, Parametrization::mup(), OptimizerId::ADAMW);
    assert_eq!(plan.row("blocks.0.up.weight").expect("a row").learning_rate.to_string(), "2 = 1/m_in");
}

#[test]
fn a_decay_that_outgrows_the_gradient_is_said() {
    let target = Model { d_model: 256, d_ffn: 512, d_head: 32 };
    let kept = Parametrization::mup().with_weight_decay(WeightDecay::KeepLambda);
    check(target, kept.clone(), OptimizerId::SGD, &["decay outgrows the gradient under SGD"]);
    check(target, kept, OptimizerId::ADAMW, &[]);
}

#[test]
fn small_heads_are_said() {
    let target = Model { d_model: 256, d_ffn: 512, d_head: 8 };
    check(target, Parametrization::mup(), OptimizerId::ADAMW, &["d_head = 8 is small: keep it ≥ 32"]);
}

#[test]
fn a_model_in_which_nothing_grows_is_said() {
    let finite: mup_shapes::InfShapes = serde_json::from_value(serde_json::json!([{
        "path": "weight", "layer": "Linear", "dims": [{"finite": 4}, {"finite": 4}],
        "axes": ["in", "out"], "kind": "weight", "multiplied": false
    }]))
    .expect("shapes");
    let plan = ScalingPlan::new(&finite, Parametrization::mup(), OptimizerId::ADAMW).expect("a plan");
    assert!(plan.warnings()[0].contains("were base and delta the same model?"));
}

/// A table is for many models, so it may speak of what one of them lacks; a slip must not go unseen.
#[test]
fn an_amendment_that_finds_no_tensor_is_said() {
    let amended = |tensors: &str| {
        let slower = Amendment::new(tensors, Amended::Adam, Power::fan_in(-0.5), "slower");
        Parametrization::mup().named_as("mine").with_amendment(slower)
    };
    let target = Model { d_model: 256, d_ffn: 512, d_head: 32 };
    let said = "`mine` amends `blocks.*.upp.weight` (\"slower\"), and this model has no such tensor; did you mean \
                `blocks.*.up.weight`?";
    check(target, amended("blocks.*.upp.weight"), OptimizerId::ADAMW, &[said]);
    check(target, amended("blocks.*.up.weight"), OptimizerId::ADAMW, &[]);
}
