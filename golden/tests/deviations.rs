//! Where microsoft/mup departs from the paper, we follow the paper: the differences, in numbers.

use burn::tensor::Device;
use mup_golden::{cases, deviations, prepare};
use mup_models::Gpt;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::{Axes, BaseShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Role};
use serde_json::Value;

fn plan_of(axes: &Axes, base: &[usize], delta: &[usize], target: &[usize], kind: OptimizerId) -> ScalingPlan {
    let shapes = |dims: &[usize]| {
        let spec = ParamSpec::new(axes.clone(), Kind::Weight);
        ModuleShapes::new(vec![ParamShape::new("weight", "Layer", dims, spec)])
    };
    let base = BaseShapes::infer(&shapes(base), &shapes(delta)).expect("base and delta fit");
    let target = base.apply(&shapes(target)).expect("the target fits");
    ScalingPlan::new(&target, Parametrization::mup_package(), kind).expect("there is a rule")
}

fn sizes(value: &Value) -> Vec<usize> {
    value.as_array().expect("a shape").iter().map(|size| size.as_u64().expect("a size") as usize).collect()
}

/// microsoft/mup issue 55: its tied readout multiplies the shared tensor by √m; TP-V D.2 keeps the
/// embedding's constant σ.
#[test]
fn the_tied_embedding_keeps_its_constant_std_where_mup_rescales_it_by_the_root_of_m() {
    let theirs = deviations();
    let case = cases().into_iter().find(|case| case.model == "gpt_relative_tied").expect("the tied case");
    for (width, theirs) in case.widths.iter().zip(theirs["tied_readout"]["widths"].as_array().expect("widths")) {
        let device = Device::flex();
        let plan = prepare::<Gpt>(&case, width, Parametrization::mup_package(), OptimizerId::ADAMW, &device).plan;
        let ours = plan.row("token_embedding.weight").expect("the shared tensor").init_std.value;
        let m = theirs["width_mult"].as_f64().expect("a number");
        let rescale = theirs["rescale_factor"].as_f64().expect("a number");
        assert!((ours - 1.0).abs() < 1e-15, "ours is constant: {ours}");
        assert!((rescale - m.sqrt()).abs() < 1e-12, "mup's grows: {rescale}");
    }
}

/// u and v are vectors by meaning (TP-V B.1: bias-like), however many axes store them; mup counts axes.
#[test]
fn a_vector_stored_with_two_axes_is_a_vector_where_mup_counts_a_matrix() {
    let theirs = deviations();
    let mut seen_as_matrix = 0;
    for theirs in theirs["vector_stored_with_two_axes"].as_array().expect("cases") {
        let [base, delta, target] = ["base", "delta", "target"].map(|key| sizes(&theirs[key]));
        let plan = plan_of(&Axes::vector(2), &base, &delta, &target, OptimizerId::ADAMW);
        let ours = plan.row("weight").expect("the row");
        assert_eq!(ours.role, Role::Vector);
        let flat = theirs["flat"]["optimizers"]["adam"]["lr"].as_f64().expect("a rate");
        assert!((0.01 * ours.learning_rate.value - flat).abs() < 1e-15, "as mup treats the flat vector");
        if theirs["two_axes"]["ninf"] == 2 && theirs["two_axes"]["width_mult"] != 1.0 {
            let two_axes = theirs["two_axes"]["optimizers"]["adam"]["lr"].as_f64().expect("a rate");
            assert!(two_axes < flat, "mup divides its rate: {two_axes}");
            seen_as_matrix += 1;
        }
    }
    assert!(seen_as_matrix > 0);
}

/// PyTorch stores ConvTranspose as [in, out, k, k]; mup reads axis 1 as the fan-in of every weight.
#[test]
fn a_transposed_convolution_is_scaled_by_its_fan_in_where_mup_takes_its_fan_out() {
    let theirs = &deviations()["conv_transpose2d"];
    let (base, target) = (
        sizes(&theirs["pytorch_base_shape"].as_array().map_or(Value::Null, |a| a.clone().into())),
        sizes(&theirs["pytorch_shape"]),
    );
    let delta: Vec<usize> =
        base.iter().enumerate().map(|(axis, size)| if axis < 2 { size + 1 } else { *size }).collect();
    let plan = plan_of(&Axes::in_out_kernel(4), &base, &delta, &target, OptimizerId::ADAMW);
    let ours = plan.row("weight").expect("the row").learning_rate.value;
    let theirs = theirs["optimizers"]["adam"]["lr"].as_f64().expect("a rate") / 0.01;
    let (m_in, m_out) = (target[0] as f64 / base[0] as f64, target[1] as f64 / base[1] as f64);
    assert!((ours - 1.0 / m_in).abs() < 1e-15, "ours: {ours}");
    assert!((theirs - 1.0 / m_out).abs() < 1e-15, "mup's: {theirs}");
}
