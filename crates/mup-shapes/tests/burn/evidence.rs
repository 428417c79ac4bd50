//! A struct of the user's own that has the name of one of Burn's layers: read right, refused, or marked.

use burn::module::{Module, Param};
use burn::nn::attention::{MultiHeadAttention, MultiHeadAttentionConfig};
use burn::nn::{
    Embedding as BurnEmbedding, EmbeddingConfig, Initializer, Linear as BurnLinear, LinearConfig, LinearLayout,
};
use burn::tensor::Tensor;
use mup_shapes::{
    Axes, Axis, InfShapes, Kind, Mismatch, ParamSpec, ReadProblem, ShapeError, ShapeReader, infer, param_mappers,
    read_shapes,
};

use crate::device;

/// PyTorch's order, `[out, in]`.
#[derive(Module, Debug)]
struct Linear {
    weight: Param<Tensor<2>>,
    bias: Option<Param<Tensor<1>>>,
}

/// `[d_model, vocab]`.
#[derive(Module, Debug)]
struct Embedding {
    weight: Param<Tensor<2>>,
}

/// JAX's order, `[k, k, in, out]`.
#[derive(Module, Debug)]
struct Conv2d {
    weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
}

fn zeros<const D: usize>(shape: [usize; D]) -> Param<Tensor<D>> {
    Initializer::Zeros.init(shape, &device())
}

fn linear(d_in: usize, d_out: usize, bias: bool) -> Linear {
    Linear { weight: zeros([d_out, d_in]), bias: bias.then(|| zeros([d_out])) }
}

fn pytorch_order() -> ParamSpec {
    ParamSpec::new(Axes::new([Axis::Out, Axis::In]), Kind::Weight)
}

#[test]
fn a_bias_that_contradicts_the_name_is_refused_with_the_declaration() {
    let error = read_shapes(&linear(4, 12, true)).unwrap_err();
    assert!(error.to_string().contains(".declare(\"weight\""), "{error}");
    let ShapeError::Read(problems) = error else { panic!("{error}") };
    let (path, layer, axes) = ("weight".to_owned(), "Linear".to_owned(), "in×out".to_owned());
    assert_eq!(problems, [ReadProblem::BiasContradicts { path, layer, dims: vec![12, 4], axes, bias: 12 }]);
    let conv = Conv2d { weight: zeros([3, 3, 5, 8]), bias: Some(zeros([8])) };
    let ShapeError::Read(problems) = read_shapes(&conv).unwrap_err() else { panic!("a read error") };
    assert!(matches!(&problems[..], [ReadProblem::BiasContradicts { bias: 8, .. }]), "{problems:?}");
    ShapeReader::new().declare("weight", pytorch_order()).read(&linear(4, 12, true)).unwrap();
}

/// In the base d_in and d_out agree, so that only the delta can tell.
#[test]
fn a_contradiction_in_base_delta_or_target_is_enough() {
    let square = || linear(8, 8, true);
    read_shapes(&square()).unwrap();
    assert!(matches!(infer(&square(), &linear(12, 8, true), &square()), Err(ShapeError::Read(_))));
    assert!(matches!(infer(&square(), &linear(12, 12, true), &linear(16, 24, true)), Err(ShapeError::Read(_))));
}

#[test]
fn a_convolution_in_another_order_shows_by_a_kernel_that_grows() {
    let conv = |width| Conv2d { weight: zeros([3, 3, width, width]), bias: None };
    let ShapeError::Mismatch(problems) = infer(&conv(8), &conv(16), &conv(32)).unwrap_err() else {
        panic!("a mismatch")
    };
    assert!(problems.iter().any(|problem| matches!(problem, Mismatch::InfiniteKernel { .. })));
    assert!(problems.iter().any(|problem| problem.to_string().contains("struct of yours")), "{problems:?}");
}

#[derive(Module, Debug)]
struct Model {
    tokens: BurnEmbedding,
    own_tokens: Embedding,
    up: BurnLinear,
    down: BurnLinear,
    own: Linear,
    square: BurnLinear,
}

fn model(d: usize) -> Model {
    let device = device();
    Model {
        tokens: EmbeddingConfig::new(10, d).init(&device),
        own_tokens: Embedding { weight: zeros([d, 10]) },
        up: LinearConfig::new(d, 4 * d).init(&device),
        down: LinearConfig::new(4 * d, d).with_bias(false).init(&device),
        own: linear(d, 3 * d, false),
        square: LinearConfig::new(d, d).with_bias(false).init(&device),
    }
}

fn by_name(shapes: &InfShapes) -> Vec<&str> {
    shapes.iter().filter(|shape| shape.by_name && shape.order_matters()).map(|shape| shape.path.as_str()).collect()
}

#[test]
fn what_nothing_decides_is_marked_and_a_declaration_takes_the_mark_away() {
    let shapes = infer(&model(4), &model(8), &model(16)).unwrap();
    // `up` has a bias, which proves its order; of `square` both orders are the same.
    assert_eq!(by_name(&shapes), ["tokens.weight", "own_tokens.weight", "down.weight", "own.weight"]);
    let reader = ShapeReader::new()
        .declare("own.weight", pytorch_order())
        .declare("own_tokens.weight", pytorch_order())
        .declare("down.weight", ParamSpec::weight())
        .declare("tokens.weight", ParamSpec::weight());
    let declared = reader.infer(&model(4), &model(8), &model(16)).unwrap();
    assert_eq!(by_name(&declared), [""; 0]);
    assert_eq!(declared.get("own_tokens.weight").unwrap().role().to_string(), "input");
    assert_eq!(declared.get("own.weight").unwrap().base_fan_in(), 4);
}

#[test]
fn a_delta_proves_what_a_square_target_cannot() {
    let burns = |d_in, d_out| LinearConfig::new(d_in, d_out).init(&device());
    let shapes = infer(&burns(4, 8), &burns(6, 9), &burns(12, 12)).unwrap();
    assert_eq!(by_name(&shapes), [""; 0]);
}

#[test]
fn a_layer_declared_beside_its_struct_is_not_by_name() {
    let reader = ShapeReader::new().with_layer("Linear", "weight", pytorch_order());
    let own = |d| linear(d, 3 * d, false);
    let shapes = reader.infer(&own(4), &own(8), &own(16)).unwrap();
    assert_eq!((by_name(&shapes), shapes.get("weight").unwrap().base_fan_in()), (vec![], 4));
    // The same row on a layer of Burn's that has a bias is a contradiction.
    let burns = LinearConfig::new(4, 12).init(&device());
    assert!(matches!(reader.read(&burns), Err(ShapeError::Read(_))));
}

#[test]
fn the_module_that_holds_a_layer_is_known() {
    #[derive(Module, Debug)]
    struct Block {
        attention: MultiHeadAttention,
        plain: Vec<BurnLinear>,
    }
    let block = Block {
        attention: MultiHeadAttentionConfig::new(8, 2).init(&device()),
        plain: vec![LinearConfig::new(8, 8).init(&device())],
    };
    let shapes = read_shapes(&block).unwrap();
    assert_eq!(shapes.get("attention.query.weight").unwrap().within, "MultiHeadAttention");
    assert_eq!(shapes.get("plain.0.weight").unwrap().within, "Block");
    assert_eq!(read_shapes(&LinearConfig::new(8, 8).init(&device())).unwrap().get("weight").unwrap().within, "");
}

/// Behaviour hangs on this text in one place; where Burn changes it, this fails first.
#[test]
fn burns_debug_text_is_the_one_that_is_read() {
    let row = LinearConfig::new(4, 6).init(&device()).weight;
    let col = LinearConfig::new(4, 6).with_layout(LinearLayout::Col).init(&device()).weight;
    assert!(format!("{row:?}").ends_with(" - ParamMapper { load: false, save: false }"), "{row:?}");
    assert_eq!((param_mappers(&row), param_mappers(&col)), (Some((false, false)), Some((true, true))));
    assert!(!row.is_initialized() && !col.is_initialized());
}

/// Keys of one head, whatever the width.
#[derive(Module, Debug)]
struct OneHead {
    key: BurnLinear,
}

#[derive(Module, Debug)]
struct WithOneHead {
    attention: OneHead,
    readout: BurnLinear,
}

#[test]
fn what_a_module_says_of_its_layers_needs_no_word_of_its_users_and_a_declaration_wins() {
    let linear = |d, to| LinearConfig::new(d, to).init(&device());
    let model = |d| WithOneHead { attention: OneHead { key: linear(d, 4) }, readout: linear(d, 10) };
    let infer = |reader: ShapeReader| reader.infer(&model(8), &model(16), &model(32)).unwrap();
    let undecided = |shapes: &InfShapes, path: &str| shapes.get(path).unwrap().is_undecided();
    let silent = infer(ShapeReader::new());
    assert!(undecided(&silent, "attention.key.weight") && undecided(&silent, "readout.weight"));
    let said = ShapeReader::new().within("OneHead", "**.key.weight", ParamSpec::weight().inner());
    let shapes = infer(said.clone());
    assert!(!undecided(&shapes, "attention.key.weight"));
    assert_eq!(shapes.get("readout.weight").unwrap().role().to_string(), "output", "the only one that is left");
    let declared = infer(said.declare("attention.key.weight", ParamSpec::weight().readout()));
    assert_eq!(declared.get("attention.key.weight").unwrap().role().to_string(), "output");
    // Of a model without one it says nothing.
    ShapeReader::new().within("Absent", "**.key.weight", ParamSpec::weight().inner()).read(&model(8)).unwrap();
}

/// The roles of a family's parameters, none of which is undecided.
fn roles<M: Module>(reader: &ShapeReader, model: impl Fn(usize) -> M) -> Vec<String> {
    let shapes = reader.infer(&model(8), &model(16), &model(32)).unwrap();
    assert!(shapes.iter().all(|shape| !shape.is_undecided()), "{shapes:?}");
    shapes.iter().map(|shape| shape.role().to_string()).collect()
}

/// Burn tells no more of either than its name, and which one is meant cannot be known.
#[test]
fn what_is_said_of_a_module_is_of_all_that_have_its_name_whatever_their_layers_unless_declared() {
    #[derive(Module, Debug)]
    struct OneHead {
        key: BurnEmbedding,
    }
    let ours = |d| self::OneHead { key: LinearConfig::new(d, 4).with_bias(false).init(&device()) };
    let another = |d| OneHead { key: EmbeddingConfig::new(d, 4).init(&device()) };
    let reader = ShapeReader::new().within("OneHead", "**.key.weight", ParamSpec::weight().inner());
    assert_eq!(roles(&reader, |d| (ours(d), another(d))), ["inner", "inner"]);
    assert_eq!(roles(&reader, |d| (another(d), ours(d))), ["inner", "inner"]);
    let declared = reader.declare("0.key.weight", ParamSpec::weight().readout());
    assert_eq!(roles(&declared, |d| (another(d), ours(d))), ["output", "inner"]);
}

#[test]
fn what_is_said_of_a_tuples_parts_may_be_of_layers_of_two_types() {
    #[derive(Module, Debug)]
    struct Stem {
        pair: (BurnLinear, BurnEmbedding),
    }
    let linear = |d| LinearConfig::new(d, 4).with_bias(false).init(&device());
    let stem = |d| Stem { pair: (linear(d), EmbeddingConfig::new(d, 4).init(&device())) };
    let reader = ShapeReader::new().within("Stem", "**.pair.0.weight", ParamSpec::weight().inner());
    let reader = reader.within("Stem", "**.pair.1.weight", ParamSpec::weight().readout());
    assert_eq!(roles(&reader, stem), ["inner", "output"]);
}
