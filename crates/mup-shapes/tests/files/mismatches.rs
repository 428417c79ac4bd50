//! Base, delta and target that do not fit together: every mismatch is reported, with numbers and remedy.

use mup_shapes::{Axes, Axis, BaseShapes, Kind, Mismatch, ModuleShapes, ParamSpec, ShapeError};

use crate::{mlp, param};

fn mismatches<T: std::fmt::Debug>(result: Result<T, ShapeError>) -> Vec<Mismatch> {
    match result.unwrap_err() {
        ShapeError::Mismatch(problems) => problems,
        other => panic!("expected mismatches, got {other}"),
    }
}

fn without(shapes: &ModuleShapes, path: &str) -> ModuleShapes {
    ModuleShapes::new(shapes.iter().filter(|param| param.path != path).cloned().collect())
}

#[test]
fn a_delta_equal_to_the_base_is_an_error() {
    let problems = mismatches(BaseShapes::infer(&mlp(4, 6), &mlp(4, 6)));
    assert_eq!(problems, [Mismatch::DeltaEqualsBase]);
}

#[test]
fn a_delta_that_forgot_d_ff_is_asked_about_it() {
    let base = BaseShapes::infer(&mlp(64, 100), &mlp(128, 100)).unwrap();
    let error = base.apply(&mlp(512, 400)).unwrap_err();
    let text = error.to_string();
    let changed = |path: &str, axis| Mismatch::FiniteChanged { path: path.to_owned(), axis, base: 100, target: 400 };
    let expected = [changed("up.weight", 1), changed("up.bias", 0), changed("down.weight", 0)];
    assert_eq!(mismatches::<()>(Err(error)), expected);
    assert!(text.contains("`up.weight`") && text.contains("100") && text.contains("400"), "{text}");
    assert!(text.contains("did the delta forget to widen it?"), "{text}");
}

#[test]
fn missing_and_extra_parameters_are_all_named() {
    let (base, delta) = (mlp(4, 6), without(&without(&mlp(8, 9), "up.bias"), "down.bias"));
    let missing = |path: &str| Mismatch::Missing { path: path.to_owned(), other: "delta" };
    assert_eq!(mismatches(BaseShapes::infer(&base, &delta)), [missing("down.bias"), missing("up.bias")]);
    let inferred = BaseShapes::infer(&without(&base, "up.bias"), &without(&mlp(8, 9), "up.bias")).unwrap();
    let target = without(&mlp(12, 12), "down.bias");
    let expected = [
        Mismatch::Missing { path: "down.bias".to_owned(), other: "target" },
        Mismatch::Extra { path: "up.bias".to_owned(), other: "target" },
    ];
    assert_eq!(mismatches(inferred.apply(&target)), expected);
}

#[test]
fn other_ranks_and_other_axes_are_errors() {
    let vector = ModuleShapes::new(vec![param("A", "a", &[4], ParamSpec::vector())]);
    let matrix = ModuleShapes::new(vec![param("A", "a", &[4, 4], ParamSpec::weight())]);
    let rank = Mismatch::Rank { path: "a".to_owned(), base: 1, other_rank: 2, other: "delta" };
    assert_eq!(mismatches(BaseShapes::infer(&vector, &matrix)), [rank]);
    let swapped = ParamSpec::new(Axes::new([Axis::Out, Axis::In]), Kind::Weight);
    let swapped = ModuleShapes::new(vec![param("A", "a", &[8, 8], swapped)]);
    let axes = Mismatch::Axes {
        path: "a".to_owned(),
        base: "in×out".to_owned(),
        other_axes: "out×in".to_owned(),
        other: "delta",
    };
    assert_eq!(mismatches(BaseShapes::infer(&matrix, &swapped)), [axes]);
}

#[test]
fn a_kernel_that_grows_and_a_third_infinite_axis_are_errors() {
    let conv = |c, k| {
        let spec = ParamSpec::new(Axes::out_in_kernel(3), Kind::Weight);
        ModuleShapes::new(vec![param("Conv1d", "weight", &[c, c, k], spec)])
    };
    let base = BaseShapes::infer(&conv(4, 3), &conv(8, 5)).unwrap();
    let problems = mismatches(base.apply(&conv(16, 7)));
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(matches!(&problems[0], Mismatch::TooManyInfinite { n: 3, dims, .. } if dims == "4→16 × 4→16 × 3→7"));
    assert!(matches!(&problems[1], Mismatch::InfiniteKernel { axis: 2, .. }));
}

#[test]
fn problems_of_different_kinds_are_reported_together() {
    let base = BaseShapes::infer(&mlp(64, 100), &mlp(128, 100)).unwrap();
    let error = base.apply(&without(&mlp(512, 400), "input.bias")).unwrap_err();
    let text = error.to_string();
    assert_eq!(mismatches::<()>(Err(error)).len(), 4);
    assert_eq!(text.lines().count(), 5, "{text}");
}

#[test]
fn every_message_names_its_path_and_ends_with_a_remedy() {
    let path = || "blocks.0.up.weight".to_owned();
    let all = [
        Mismatch::Missing { path: path(), other: "delta" },
        Mismatch::Extra { path: path(), other: "target" },
        Mismatch::Rank { path: path(), base: 1, other_rank: 2, other: "target" },
        Mismatch::Axes { path: path(), base: "in×out".into(), other_axes: "out×in".into(), other: "target" },
        Mismatch::FiniteChanged { path: path(), axis: 1, base: 100, target: 400 },
        Mismatch::TooManyInfinite { path: path(), n: 3, dims: "4→16 × 4→16 × 3→7".into() },
        Mismatch::InfiniteKernel { path: path(), axis: 2, dim: mup_shapes::Dim::Infinite { base: 3, dim: 7 } },
    ];
    for mismatch in all {
        let text = mismatch.to_string();
        assert!(text.starts_with("`blocks.0.up.weight`"), "{text}");
        assert!(text.contains([';', ':']), "no remedy: {text}");
    }
}
