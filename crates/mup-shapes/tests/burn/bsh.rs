//! `.bsh` files that microsoft/mup wrote (golden/generate/write_shape_files.py), against the same models in Burn.

use std::path::{Path, PathBuf};

use burn::module::{Module, Param};
use burn::nn::conv::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, Embedding, EmbeddingConfig, GroupNorm, GroupNormConfig, Initializer, LayerNorm,
    LayerNormConfig, Linear, LinearConfig, PRelu, PReluConfig,
};
use burn::tensor::Tensor;
use mup_shapes::{Axes, BaseShapes, Bsh, Kind, ModuleShapes, ParamSpec, PyTorchNames, ShapeReader, read_shapes};

use crate::device;

fn golden(name: &str) -> PathBuf {
    Path::new("../../golden/data/bsh").join(name)
}

/// The twin of `Layers` in write_shape_files.py.
#[derive(Module, Debug)]
struct Layers {
    embedding: Embedding,
    linear: Linear,
    conv1d: Conv1d,
    conv2d: Conv2d,
    conv_transpose2d: ConvTranspose2d,
    layer_norm: LayerNorm,
    batch_norm: BatchNorm,
    group_norm: GroupNorm,
    prelu: PRelu,
    temperature: Param<Tensor<1>>,
}

fn layers(width: usize) -> ModuleShapes {
    let device = device();
    let layers = Layers {
        embedding: EmbeddingConfig::new(7, width).init(&device),
        linear: LinearConfig::new(width, 2 * width).init(&device),
        conv1d: Conv1dConfig::new(3, width, 5).init(&device),
        conv2d: Conv2dConfig::new([width, 2 * width], [3, 3]).init(&device),
        conv_transpose2d: ConvTranspose2dConfig::new([2 * width, width], [3, 3]).init(&device),
        layer_norm: LayerNormConfig::new(width).init(&device),
        batch_norm: BatchNormConfig::new(width).init(&device),
        group_norm: GroupNormConfig::new(2, width).init(&device),
        prelu: PReluConfig::new().with_num_parameters(width).init(&device),
        temperature: Initializer::Ones.init([1], &device),
    };
    ShapeReader::new().declare("temperature", ParamSpec::vector()).read(&layers).unwrap()
}

#[test]
fn a_file_of_mup_gives_the_base_shapes_that_base_and_delta_give() {
    let inferred = BaseShapes::infer(&layers(4), &layers(6)).unwrap();
    assert_eq!(Bsh::read(golden("layers.bsh")).unwrap().base_shapes(&layers(20)).unwrap(), inferred);
}

#[test]
fn the_data_parallel_prefix_is_dropped_as_a_prefix_not_as_characters() {
    // mup strips the characters of "module." from both ends (shape.py:59), so that it finds no `linear`
    // (`inear`), no `embedding` and no `layer_norm`.
    let inferred = BaseShapes::infer(&layers(4), &layers(6)).unwrap();
    let bsh = Bsh::read(golden("layers_data_parallel.bsh")).unwrap();
    assert!(bsh.get("module.layer_norm.weight").is_some());
    assert_eq!(bsh.base_shapes(&layers(20)).unwrap(), inferred);
}

#[test]
fn the_file_we_write_is_the_one_that_mup_writes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("layers.bsh");
    let inferred = BaseShapes::infer(&layers(4), &layers(6)).unwrap();
    inferred.write_bsh(&file, &layers(4)).unwrap();
    let ours = std::fs::read_to_string(&file).unwrap();
    let mups = std::fs::read_to_string(golden("layers.bsh")).unwrap();
    // Burn has no 0-dimensional parameter, so `temperature` has shape [1] there.
    assert_eq!(ours.replace("temperature:\n- null\n", "temperature: []\n"), mups);
}

#[test]
fn every_file_of_mup_is_read_and_written_back_byte_for_byte() {
    let mut n_files = 0;
    for entry in std::fs::read_dir(golden("")).unwrap() {
        let file = entry.unwrap().path();
        assert_eq!(Bsh::read(&file).unwrap().to_yaml(), std::fs::read_to_string(&file).unwrap(), "{}", file.display());
        n_files += 1;
    }
    assert!(n_files >= 9, "{n_files} files");
}

#[derive(Module, Debug)]
struct Readout {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
    multiplier: Param<Tensor<1>>,
}

#[derive(Module, Debug)]
struct Mlp {
    input: Linear,
    hidden: Vec<Linear>,
    readout: Readout,
}

fn mlp(d_model: usize, d_ff: usize) -> ModuleShapes {
    let device = device();
    let zeros = |size| Initializer::Zeros.init([size], &device);
    let mlp = Mlp {
        input: LinearConfig::new(5, d_model).init(&device),
        hidden: vec![LinearConfig::new(d_model, d_ff).init(&device), LinearConfig::new(d_ff, d_model).init(&device)],
        readout: Readout {
            weight: Initializer::Zeros.init([d_model, 3], &device),
            bias: zeros(3),
            multiplier: zeros(d_model),
        },
    };
    let reader = ShapeReader::new()
        .with_layer("Readout", "weight", ParamSpec::weight().multiplied())
        .with_layer("Readout", "bias", ParamSpec::bias())
        .with_layer("Readout", "multiplier", ParamSpec::new(Axes::multiplier(), Kind::Multiplier));
    reader.read(&mlp).unwrap()
}

#[test]
fn an_mlp_whose_d_ff_grows_otherwise_is_read_with_its_axes_the_right_way_round() {
    let inferred = BaseShapes::infer(&mlp(8, 12), &mlp(10, 20)).unwrap();
    let read = Bsh::read(golden("mlp_uneven.bsh")).unwrap().base_shapes(&mlp(32, 24)).unwrap();
    assert_eq!(read, inferred);
    let text = std::fs::read_to_string(golden("mlp_uneven.bsh")).unwrap();
    assert_eq!(PyTorchNames::new().bsh(&inferred, &mlp(8, 12)).unwrap().to_yaml(), text);
}

#[test]
fn a_convolution_has_the_same_axes_on_both_sides() {
    let conv = |width| read_shapes(&Conv2dConfig::new([3, width], [5, 3]).init(&device())).unwrap();
    let bsh = Bsh::from_yaml("bias: [4]\nweight: [4, null, null, null]\n").unwrap();
    let base = bsh.base_shapes(&conv(16)).unwrap();
    assert_eq!(base.get("weight").unwrap().dims, [4, 3, 5, 3]);
    assert_eq!(base, BaseShapes::infer(&conv(4), &conv(8)).unwrap());
}
