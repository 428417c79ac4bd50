//! A 16-bit weight that no step can move is said before it is trained.

use mup_rules::{OptimizerId, Parametrization, PlanRow, ScalingPlan, Significand};
use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec};

fn plan(width: usize, optimizer: OptimizerId) -> ScalingPlan {
    let model = |n: usize| ModuleShapes::new(vec![ParamShape::new("w", "Linear", [n, n], ParamSpec::weight())]);
    let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(width)).unwrap();
    ScalingPlan::new(&shapes, Parametrization::mup(), optimizer).unwrap()
}

/// A weight in bf16: eight significant bits, rounded to nearest, ties to even (IEEE 754's rule).
fn bf16(x: f32) -> f32 {
    let bits = x.to_bits();
    f32::from_bits((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff_0000)
}

fn std(row: &PlanRow) -> f64 {
    1.0 / (row.base_fan_in as f64).sqrt()
}

/// σ = 1/8 at base and 1/64 at width 4096; η = 0.001 and η/64. The rounding itself is the witness.
#[test]
fn the_warning_comes_where_a_step_is_lost_and_not_where_it_is_kept() {
    let moves = |width: usize| {
        let plan = plan(width, OptimizerId::ADAMW);
        let row = plan.row("w").unwrap();
        let (weight, step) = (std(row) * row.init_std.value, 0.001 * row.learning_rate.value);
        let moved = bf16(weight as f32 + step as f32).to_bits() != bf16(weight as f32).to_bits();
        (moved, plan.rounded_away(Significand::Bf16, 0.001, std).is_none())
    };
    assert_eq!(moves(64), (true, true));
    assert_eq!(moves(4096), (false, false));
}

#[test]
fn an_f16_holds_eight_times_smaller_steps() {
    let plan = plan(4096, OptimizerId::ADAMW);
    assert!(plan.rounded_away(Significand::F16, 0.001, std).is_none());
    assert!(plan.rounded_away(Significand::F16, 0.0001, std).unwrap().ends_with(": w"));
}

#[test]
fn nothing_is_said_of_updates_whose_size_is_not_known() {
    assert!(plan(4096, OptimizerId::SGD).rounded_away(Significand::Bf16, 1e-9, std).is_none());
}
