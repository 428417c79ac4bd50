//! Modules that cannot be read: every problem is reported, with path, numbers and remedy.

use burn::module::{Module, Param};
use burn::nn::{
    Embedding, EmbeddingConfig, Initializer, Linear as BurnLinear, LinearConfig, LinearLayout, SwiGluConfig,
};
use burn::tensor::Tensor;
use mup_shapes::{Axes, Axis, Kind, Mismatch, ParamSpec, ReadProblem, ShapeError, ShapeReader, infer, read_shapes};

use crate::device;

/// A layer that the table does not know: `[n_head, d_head]`.
#[derive(Module, Debug)]
struct HeadBias {
    bias: Param<Tensor<2>>,
}

/// The name of Burn's layer with PyTorch's axis order.
#[derive(Module, Debug)]
struct Linear {
    weight: Param<Tensor<2>>,
}

#[derive(Module, Debug)]
struct Model {
    linear: Linear,
    head: Vec<HeadBias>,
    embedding: Embedding,
    unembedding: Embedding,
    up: BurnLinear,
}

fn zeros<const D: usize>(shape: [usize; D]) -> Param<Tensor<D>> {
    Initializer::Zeros.init(shape, &device())
}

fn head(n_head: usize, d_head: usize) -> HeadBias {
    HeadBias { bias: zeros([n_head, d_head]) }
}

fn problems(error: ShapeError) -> Vec<ReadProblem> {
    match error {
        ShapeError::Read(problems) => problems,
        other => panic!("expected a read error, got {other}"),
    }
}

#[test]
fn an_explicit_declaration_wins_over_a_layer_of_the_same_name() {
    let model = |d| Linear { weight: zeros([10, d]) };
    let pytorch_order = ParamSpec::new(Axes::new([Axis::Out, Axis::In]), Kind::Weight);
    let (base, delta, target) = (model(4), model(8), model(12));
    let by_table = infer(&base, &delta, &target).unwrap();
    assert_eq!(by_table.get("weight").unwrap().role().to_string(), "input");
    let reader = ShapeReader::new().declare("weight", pytorch_order);
    let declared = reader.infer(&base, &delta, &target).unwrap();
    assert_eq!(declared.get("weight").unwrap().role().to_string(), "output");
    assert!((declared.get("weight").unwrap().fan_in_mult() - 3.0).abs() < 1e-15);
}

#[test]
fn unknown_axes_are_an_error_that_shows_the_declaration() {
    let error = read_shapes(&head(4, 16)).unwrap_err();
    let text = error.to_string();
    let expected = ReadProblem::UnknownAxes {
        path: "bias".to_owned(),
        layer: "HeadBias".to_owned(),
        field: "bias".to_owned(),
        dims: vec![4, 16],
    };
    assert_eq!(problems(error), [expected]);
    assert!(
        text.contains("`bias` [4, 16]") && text.contains("HeadBias") && text.contains(".declare(\"bias\""),
        "{text}"
    );
}

#[test]
fn a_declaration_of_another_rank_is_an_error() {
    let error = ShapeReader::new().declare("bias", ParamSpec::vector()).read(&head(4, 16)).unwrap_err();
    let expected = ReadProblem::Rank { path: "bias".to_owned(), rank: 2, declared: 1, axes: "out".to_owned() };
    assert_eq!(problems(error), [expected]);
}

#[test]
fn a_linear_in_col_layout_is_refused_by_name_wherever_it_is() {
    let alone = LinearConfig::new(4, 6).with_layout(LinearLayout::Col).init(&device());
    let error = read_shapes(&alone).unwrap_err();
    assert_eq!(problems(error), [ReadProblem::ColLayout { path: "weight".to_owned() }]);
    assert!(!alone.weight.is_initialized());
    let inside = SwiGluConfig::new(4, 6).with_layout(LinearLayout::Col).init(&device());
    let paths =
        ["linear_inner.weight", "linear_outer.weight"].map(|path| ReadProblem::ColLayout { path: path.to_owned() });
    assert_eq!(problems(read_shapes(&inside).unwrap_err()), paths);
}

#[test]
fn a_cloned_param_is_an_error_that_names_the_first_for_every_clone() {
    let embedding = EmbeddingConfig::new(10, 4).init(&device());
    let error = read_shapes(&[embedding.clone(), embedding.clone(), embedding]).unwrap_err();
    let clone = |path: &str| ReadProblem::TiedByClone { path: path.to_owned(), first: "0.weight".to_owned() };
    assert_eq!(problems(error), [clone("1.weight"), clone("2.weight")]);
}

#[test]
fn an_empty_dimension_is_an_error() {
    let error = read_shapes(&LinearConfig::new(0, 4).with_bias(false).init(&device())).unwrap_err();
    assert_eq!(problems(error), [ReadProblem::EmptyDimension { path: "weight".to_owned(), dims: vec![0, 4] }]);
}

#[test]
fn a_declaration_that_matches_nothing_is_an_error_that_shows_what_there_is() {
    let model = LinearConfig::new(4, 6).init(&device());
    let error = ShapeReader::new().declare("up.weight", ParamSpec::weight()).read(&model).unwrap_err();
    let paths = "`weight` and 1 more".to_owned();
    assert!(error.to_string().contains("did you mean `weight`? correct its path"), "{error}");
    let (pattern, meant) = ("up.weight".to_owned(), Some("weight".into()));
    assert_eq!(problems(error), [ReadProblem::UnusedDeclaration { pattern, meant, paths }]);
}

#[test]
fn all_read_problems_are_reported_at_once() {
    let embedding = EmbeddingConfig::new(10, 4).init(&device());
    let model = Model {
        linear: Linear { weight: zeros([0, 4]) },
        head: vec![head(4, 16), head(4, 16)],
        embedding: embedding.clone(),
        unembedding: embedding,
        up: LinearConfig::new(4, 6).with_layout(LinearLayout::Col).init(&device()),
    };
    let reader = ShapeReader::new().declare("head.0.bias", ParamSpec::vector()).declare("down", ParamSpec::bias());
    let error = reader.read(&model).unwrap_err();
    let text = error.to_string();
    assert_eq!(text.lines().count(), 7, "{text}");
    for path in ["linear.weight", "head.0.bias", "head.1.bias", "unembedding.weight", "up.weight", "`down`"] {
        assert!(text.contains(path), "{path} is missing in {text}");
    }
}

#[test]
fn a_kernel_that_grows_and_a_third_infinite_axis_are_errors() {
    #[derive(Module, Debug)]
    struct Odd {
        conv: burn::nn::conv::Conv1d,
        cube: Param<Tensor<3>>,
    }
    let model = |d| Odd {
        conv: burn::nn::conv::Conv1dConfig::new(d, d, d).with_bias(false).init(&device()),
        cube: zeros([d, d, d]),
    };
    let cube = ParamSpec::new(Axes::new([Axis::In, Axis::In, Axis::Out]), Kind::Weight);
    let error = ShapeReader::new().declare("cube", cube).infer(&model(4), &model(8), &model(12)).unwrap_err();
    let ShapeError::Mismatch(problems) = error else { panic!("expected a mismatch, got {error}") };
    let dims = "4→12 × 4→12 × 4→12".to_owned();
    let dim = mup_shapes::Dim::Infinite { base: 4, dim: 12 };
    let expected = [
        Mismatch::TooManyInfinite { path: "conv.weight".to_owned(), n: 3, dims: dims.clone() },
        Mismatch::InfiniteKernel { path: "conv.weight".to_owned(), axis: 2, dim },
        Mismatch::TooManyInfinite { path: "cube".to_owned(), n: 3, dims },
    ];
    assert_eq!(problems, expected);
}
