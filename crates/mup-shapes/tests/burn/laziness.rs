//! Reading allocates nothing.

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::transformer::TransformerEncoderConfig;
use burn::nn::{BatchNormConfig, LinearConfig};
use burn::tensor::Tensor;
use mup_shapes::{infer, param_paths, read_shapes};

use crate::device;

#[derive(Default)]
struct Initialized {
    yes: usize,
    no: usize,
}

impl ModuleVisitor for Initialized {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        *(if param.is_initialized() { &mut self.yes } else { &mut self.no }) += 1;
    }
}

fn initialized<M: Module>(module: &M) -> Initialized {
    let mut count = Initialized::default();
    module.visit(&mut count);
    count
}

#[test]
fn reading_a_layer_of_480_gigabytes_allocates_nothing() {
    let model = LinearConfig::new(120_000, 1_000_000).init(&device());
    let shapes = read_shapes(&model).unwrap();
    assert_eq!(shapes.get("weight").unwrap().dims, [120_000, 1_000_000]);
    assert_eq!(param_paths(&model).len(), 2);
    let count = initialized(&model);
    assert_eq!((count.yes, count.no), (0, 2));
}

#[test]
fn inferring_a_transformer_as_large_as_gpt_3_allocates_nothing() {
    let model = |d: usize| TransformerEncoderConfig::new(d, 4 * d, d / 128, 96).init(&device());
    let (base, delta, target) = (model(256), model(384), model(12_288));
    let shapes = infer(&base, &delta, &target).unwrap();
    // 4 attention and 2 feed-forward linears with biases, 2 norms, in each of 96 layers.
    assert_eq!(shapes.iter().count(), 96 * (6 * 2 + 2 * 2));
    let weights: usize = shapes.iter().filter(|shape| shape.path.ends_with("weight")).map(|s| s.n_elements()).sum();
    assert_eq!(weights, 96 * 12 * 12_288 * 12_288);
    for module in [&base, &delta, &target] {
        let count = initialized(module);
        assert_eq!((count.yes, count.no), (0, 96 * 16));
    }
}

#[test]
fn listing_paths_leaves_out_running_statistics_and_initializes_nothing() {
    let norm = BatchNormConfig::new(8).init(&device());
    let listed = param_paths(&norm);
    assert_eq!(listed, [("gamma".to_owned(), norm.gamma.id), ("beta".to_owned(), norm.beta.id)]);
    assert!(!norm.gamma.is_initialized() && !norm.beta.is_initialized());
}
