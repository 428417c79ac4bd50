//! Standard deviations and bounds equal those of microsoft/mup's initializers.

use std::collections::BTreeMap;

use mup_files::sha256;
use mup_init::{Distribution, Draw, InitSpec};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::{Axes, Axis, BaseShapes, Kind, ModuleShapes, ParamShape, ParamSpec};
use serde::Deserialize;

const GOLDEN: &str = include_str!("data/mup_init.json");
const GENERATOR: &str = include_str!("data/generate.py");

#[derive(Deserialize)]
struct Golden {
    header: Header,
    parameters: Vec<Parameter>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Header {
    generator_sha256: String,
    versions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Parameter {
    path: String,
    axes: Vec<Axis>,
    base: Vec<usize>,
    infinite: Vec<usize>,
    dims: Vec<usize>,
}

#[derive(Deserialize)]
struct Case {
    path: String,
    distribution: Distribution,
    draw: Draw,
}

fn golden() -> Golden {
    serde_json::from_str(GOLDEN).expect("the golden file is complete")
}

fn plan(parameters: &[Parameter]) -> ScalingPlan {
    let shapes = |size: fn(&Parameter, usize) -> usize| {
        let params = parameters.iter().map(|parameter| {
            let dims: Vec<usize> = (0..parameter.dims.len()).map(|axis| size(parameter, axis)).collect();
            // microsoft/mup knows output weights in the multiplier form only.
            let spec = ParamSpec::new(Axes::new(parameter.axes.clone()), Kind::Weight).multiplied();
            ParamShape::new(parameter.path.clone(), "", dims, spec)
        });
        ModuleShapes::new(params.collect())
    };
    let base = shapes(|parameter, axis| parameter.base[axis]);
    let delta = shapes(|parameter, axis| parameter.base[axis] + usize::from(parameter.infinite.contains(&axis)));
    let target = shapes(|parameter, axis| parameter.dims[axis]);
    let shapes = BaseShapes::infer(&base, &delta).unwrap().apply(&target).unwrap();
    ScalingPlan::new(&shapes, Parametrization::mup_package(), OptimizerId::ADAMW).unwrap()
}

fn numbers(draw: Draw) -> Vec<f64> {
    match draw {
        Draw::Normal { std } => vec![0.0, std],
        Draw::Uniform { bound } => vec![1.0, bound],
        Draw::TruncatedNormal { std, a, b } => vec![2.0, std, a, b],
        Draw::Constant { value } => vec![3.0, value],
    }
}

#[test]
fn every_draw_equals_microsoft_mups_to_twelve_digits() {
    let golden = golden();
    let plan = plan(&golden.parameters);
    for case in &golden.cases {
        let row = plan.rows().iter().position(|row| row.path == case.path).unwrap();
        let ours = InitSpec::new().weights(case.distribution).draws(&plan).unwrap()[row];
        let (ours, theirs) = (numbers(ours), numbers(case.draw));
        // Both compute in f64, in another order: a few roundings of 1e-16 each.
        let close = |(ours, theirs): (&f64, &f64)| (ours - theirs).abs() <= 1e-12 * theirs.abs();
        assert!(
            ours.len() == theirs.len() && ours.iter().zip(&theirs).all(close),
            "{} {:?}: {ours:?} is not {theirs:?}",
            case.path,
            case.distribution
        );
    }
    assert_eq!(golden.cases.len(), 9 * golden.parameters.len());
}

#[test]
fn the_golden_file_is_the_generators() {
    let header = golden().header;
    let hash = sha256(GENERATOR);
    assert_eq!(hash, header.generator_sha256, "run tests/data/generate.py again");
    assert_eq!(header.versions["mup"], "1.0.0");
}
