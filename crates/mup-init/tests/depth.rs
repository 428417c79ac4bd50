//! What starts otherwise in a model with more blocks, and the factor that would be there twice.

use mup_init::{Distribution, Draw, InitError, InitSpec, SpecProblem};
use mup_rules::{Parametrization, ScalingPlan};
use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec, Places};

/// Two branches in a block: one closed by a map, one by the norm behind it. Base of 2 blocks, target of 8.
fn plan(table: Parametrization) -> ScalingPlan {
    let model = |n_layer: usize, n: usize| {
        let block = |idx: usize| {
            let at = |name: &str| format!("blocks.{idx}.{name}");
            [
                ParamShape::new(at("up.weight"), "Linear", [n, n], ParamSpec::weight()),
                ParamShape::new(at("down.weight"), "Linear", [n, n], ParamSpec::weight()),
                ParamShape::new(at("down.bias"), "Linear", [n], ParamSpec::bias()),
                ParamShape::new(at("behind.gamma"), "RmsNorm", [n], ParamSpec::gain()),
            ]
        };
        ModuleShapes::new((0..n_layer).flat_map(block).collect())
    };
    let places = Places::new().inside("blocks.**").closing("blocks.*.down.*").closing("blocks.*.behind.*");
    let target = model(8, 16).placed(&places).unwrap();
    let shapes = BaseShapes::infer(&model(2, 16), &model(2, 24)).unwrap().apply(&target).unwrap();
    ScalingPlan::of(&shapes, table).build().unwrap()
}

fn draw(spec: &InitSpec, plan: &ScalingPlan, path: &str) -> Draw {
    let index = plan.rows().iter().position(|row| row.path == path).unwrap();
    spec.draws(plan).unwrap()[index]
}

#[test]
fn what_closes_a_branch_starts_smaller_constants_too() {
    let plan = plan(Parametrization::complete_p());
    let spec = InitSpec::new().hidden(Distribution::Normal { std: 0.5 }).biases(Distribution::Constant { value: 2.0 });
    assert_eq!(draw(&spec, &plan, "blocks.7.up.weight"), Draw::Normal { std: 0.5 });
    assert_eq!(draw(&spec, &plan, "blocks.7.down.weight"), Draw::Normal { std: 0.125 });
    assert_eq!(draw(&spec, &plan, "blocks.7.down.bias"), Draw::Constant { value: 0.5 });
    assert_eq!(draw(&spec, &plan, "blocks.7.behind.gamma"), Draw::Constant { value: 0.25 });
}

/// GPT-2's 1/√(2L): with the base's L it is part of what was tuned, with the target's own it is there twice.
#[test]
fn a_factor_by_the_targets_own_depth_is_refused_and_one_by_the_bases_is_not() {
    let scale = |additions: f64| InitSpec::new().scale("blocks.*.down.weight", additions.sqrt().recip());
    let scaled = plan(Parametrization::complete_p());
    scale(4.0).draws(&scaled).unwrap();
    let Err(InitError::Spec(problems)) = scale(16.0).draws(&scaled) else { panic!("it is refused") };
    assert!(matches!(&problems[..], [SpecProblem::OwnDepth { base: 4, target: 16, .. }]), "{problems:?}");
    let text = problems[0].to_string();
    assert!(text.contains("1/√16, by the target's own 16 residual additions"), "{text}");
    assert!(text.contains("use the base's, 1/√4, at every depth"), "{text}");
    InitSpec::new().scale("blocks.*.up.weight", 0.25).draws(&scaled).unwrap();
    scale(16.0).draws(&plan(Parametrization::standard())).unwrap();
}
