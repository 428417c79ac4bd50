//! Rates of every kind of optimizer from two columns of the table (T10, T11), and what Muon may train.

use mup_rules::{Form, OptimizerId, Parametrization, Power, ScalingPlan, ShapeFactor, Update};
use mup_shapes::{Axes, BaseShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Role};

/// T10: the tables of rules-beyond-width §4 and §5, by hand.
#[test]
fn rates_are_those_of_the_hand_tables() {
    let mup = Parametrization::mup();
    let rate = |role, form, update| mup.rule(role, form).expect("a rule").rate(update);
    let scaled = Update::PARAMETER_SCALED;
    assert_eq!(rate(Role::Hidden, Form::Plain, scaled), Power::fan_in(-0.5));
    for form in [Form::Plain, Form::Multiplier, Form::TableNine] {
        assert_eq!(rate(Role::Output, form, scaled), Power::ONE, "a readout at the same rate in every form, {form}");
    }
    assert_eq!(rate(Role::Input, Form::Plain, scaled), Power::ONE);
    assert_eq!(rate(Role::Vector, Form::Plain, scaled), Power::ONE);
    assert_eq!(rate(Role::Hidden, Form::Plain, Update::SPECTRAL), Power::new(-0.5, 0.5));
    assert_eq!(rate(Role::Hidden, Form::Plain, Update::PROPORTIONAL), Power::new(-1.0, 1.0));
}

/// What a raw update of width m does to the coordinates of its layer's output, from one sample, whose gradient is the
/// outer product of the input `x` and an error `δ`.
fn change(optimizer: &OptimizerId, m: usize) -> f64 {
    let wave = |idx: usize, frequency: f64| (frequency * idx as f64 + 0.3).sin();
    let x: Vec<f64> = (0..m).map(|idx| wave(idx, 1.7)).collect();
    let delta: Vec<f64> = (0..m).map(|idx| wave(idx, 2.3)).collect();
    let norm = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
    let shape = optimizer.shape_factor.value(m as f64, m as f64);
    // ‖W‖_F of m² entries of size 1/√m, over ‖sign‖_F.
    let trust = (m as f64).sqrt() / m as f64;
    let along_x: f64 = match optimizer.update {
        update if update == Update::SPECTRAL => norm(&x) * shape,
        update if update == Update::PARAMETER_SCALED => trust * x.iter().map(|x| x.abs()).sum::<f64>(),
        _ => x.iter().map(|x| x.abs()).sum(),
    };
    let towards: Vec<f64> = match optimizer.update {
        update if update == Update::SPECTRAL => delta.iter().map(|d| d / norm(&delta)).collect(),
        _ => delta.iter().map(|d| d.signum()).collect(),
    };
    along_x * norm(&towards) / (m as f64).sqrt()
}

fn slope(of: impl Fn(usize) -> f64) -> f64 {
    (of(4096) / of(64)).ln() / 64.0_f64.ln()
}

fn rate_at(optimizer: &OptimizerId, m: usize) -> f64 {
    let model = |n: usize| ModuleShapes::new(vec![ParamShape::new("hidden", "Linear", [n, n], ParamSpec::weight())]);
    let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(m)).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), optimizer.clone()).unwrap();
    plan.row("hidden").unwrap().learning_rate.value
}

/// T11: raw updates grow by 1 (Adam), ½ (LAMB), 0 (orthogonal), ½ (orthogonal × √max), and the plan takes it away.
#[test]
fn the_rate_of_the_plan_takes_the_growth_of_the_raw_update_away() {
    let raw = OptimizerId::new("raw orthogonal", Update::SPECTRAL);
    let lamb = OptimizerId::LAMB;
    let grows = [
        (OptimizerId::ADAMW, 1.0),
        (lamb, 0.5),
        (raw, 0.0),
        (OptimizerId::MUON, 0.0),
        (OptimizerId::MUON_MATCH_RMS, 0.5),
    ];
    for (optimizer, expected) in grows {
        let found = slope(|m| change(&optimizer, m));
        assert!((found - expected).abs() < 0.06, "{optimizer}: {found}");
        let planned = slope(|m| rate_at(&optimizer, m) * change(&optimizer, m));
        assert!(planned.abs() < 0.06, "{optimizer} with the plan's rate: {planned}");
    }
    // The mistake of the field: Adam's 1/m on top of Muon, and an RMS-matched update at a constant rate.
    assert!((slope(|m| rate_at(&OptimizerId::ADAMW, m) * change(&OptimizerId::MUON, m)) + 1.0).abs() < 0.06);
    assert!((slope(|m| change(&OptimizerId::MUON_MATCH_RMS, m)) - 0.5).abs() < 0.06);
}

/// The factor f that an optimizer applies itself is divided out, for any aspect, at any pair of sizes.
#[test]
fn the_own_factor_of_an_optimizer_changes_no_product() {
    let model =
        |n: usize| ModuleShapes::new(vec![ParamShape::new("up", "Linear", [n, n * n / 16], ParamSpec::weight())]);
    let shapes = BaseShapes::infer(&model(64), &model(96)).unwrap().apply(&model(256)).unwrap();
    let step = |factor: ShapeFactor| {
        let optimizer = OptimizerId::new("some", Update::SPECTRAL).with_shape_factor(factor);
        let plan = ScalingPlan::new(&shapes, Parametrization::mup(), optimizer).unwrap();
        let of = |n: f64| factor.value(n, n * n / 16.0);
        plan.row("up").unwrap().learning_rate.value * of(256.0) / of(64.0)
    };
    for factor in [ShapeFactor::SqrtAspectAboveOne, ShapeFactor::MatchRmsAdam, ShapeFactor::SqrtAspect] {
        assert!((step(factor) / step(ShapeFactor::One) - 1.0).abs() < 1e-14, "{factor}");
    }
}

/// Moonlight's rule at equal widths: 1/√m.
#[test]
fn muon_that_matches_adams_size_has_the_rate_of_one_over_root_m() {
    assert!((rate_at(&OptimizerId::MUON_MATCH_RMS, 1024) - 0.25).abs() < 1e-15);
    assert!((rate_at(&OptimizerId::MUON, 1024) - 1.0).abs() < 1e-15);
}

#[test]
fn muon_on_anything_but_a_hidden_matrix_is_refused_by_name() {
    let kernel = ParamSpec::new(Axes::out_in_kernel(4), Kind::Weight);
    let model = |n: usize| {
        ModuleShapes::new(vec![
            ParamShape::new("embedding.weight", "Embedding", vec![100, n], ParamSpec::weight()),
            ParamShape::new("conv.weight", "Conv2d", vec![n, n, 3, 3], kernel.clone()),
            ParamShape::new("experts.weight", "Experts", vec![4, n, n], ParamSpec::experts()),
            ParamShape::new("hidden.weight", "Linear", vec![n, n], ParamSpec::weight()),
            ParamShape::new("hidden.bias", "Linear", vec![n], ParamSpec::bias()),
            ParamShape::new("readout.weight", "Linear", vec![n, 10], ParamSpec::weight()),
        ])
    };
    let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(256)).unwrap();
    let muon = |path: &str| ScalingPlan::of(&shapes, Parametrization::mup()).optimizer(path, OptimizerId::MUON).build();
    for path in ["embedding.weight", "conv.weight", "experts.weight", "hidden.bias", "readout.weight"] {
        let error = muon(path).unwrap_err().to_string();
        assert!(error.contains(&format!("cannot train {path} (")), "{error}");
        assert!(error.contains(&format!(".optimizer(\"{path}\", OptimizerId::ADAMW)")), "{error}");
    }
    let plan = muon("hidden.weight").unwrap();
    assert_eq!(plan.optimizer_names(), "adamw, muon");
    assert_eq!(plan.optimizer_of(plan.row("hidden.weight").unwrap()), Some(&OptimizerId::MUON));
    // A choice by role that is too wide is mended by a later one.
    let mended = ScalingPlan::of(&shapes, Parametrization::mup())
        .optimizer(Role::Hidden, OptimizerId::MUON)
        .optimizer("conv.weight", OptimizerId::ADAMW)
        .optimizer("experts.weight", OptimizerId::ADAMW);
    assert!(mended.build().is_ok());
}
